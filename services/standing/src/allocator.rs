//! Where the program's memory comes from.

/// An event that is decoded, folded and encoded takes some hundred small pieces of memory: a fifth of its time with the system's
/// allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
