//! Records of other producers: sums, notes, timers, and some that fail.

use futures::executor::block_on;
use stream::log::Log;

use crate::dice::Dice;
use crate::scheduler::Seat;
use crate::sums::outgoing;
use crate::world::World;

pub(crate) fn append(world: &World, dice: &Dice) {
    let producer = world.log.producer().unwrap();
    for _ in 0..dice.between(1, 15) {
        let partition = i32::try_from(dice.roll(u64::try_from(world.partitions).unwrap())).unwrap();
        let (key, command) = (format!("k{}", dice.roll(5)), command(world, dice));
        let report = producer.send(outgoing(&world.topics.input, partition, key.as_bytes(), &command)).unwrap();
        let offset = block_on(report).unwrap().offset;
        world.say(&Seat::driver(), format_args!("appends {partition}/{offset}: {command}"));
    }
}

/// One record for each partition.
pub(crate) fn append_to_all(world: &World) {
    let producer = world.log.producer().unwrap();
    for partition in 0..world.partitions {
        let report = producer.send(outgoing(&world.topics.input, partition, b"k0", "1")).unwrap();
        block_on(report).unwrap();
    }
    world.say(&Seat::driver(), format_args!("appends a record to each"));
}

fn command(world: &World, dice: &Dice) -> String {
    let faults = &world.faults;
    let roll = dice.roll(100);
    if roll < faults.failing {
        // A huge output is costly to make.
        let fails = ["bad", "bad", "bad", "bad", "panic", "panic", "panic", "panic", "panic", "huge"];
        return (*dice.choose(&fails)).to_owned();
    }
    if roll < faults.failing + faults.silent {
        return format!("note {}", dice.roll(1_000));
    }
    if roll < faults.failing + faults.silent + faults.timers {
        return format!("arm {}", world.clock_ms() + i64::try_from(dice.roll(3_000)).unwrap());
    }
    (i64::try_from(dice.roll(9)).unwrap() - 4).to_string()
}
