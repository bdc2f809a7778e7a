"""Helm without a cluster: lint and template, and the rendered manifests held to Kubernetes' schemas.

Values are given like Helm's own: -f FILE and --set a.b=c, later ones winning. Exit code 1 is a finding.
"""

import argparse
import json
import pathlib
import sys
from typing import Any

import helm_python
import yaml
from helm_python import chart
from kubernetes_validate import utils

# What the chart may render that Kubernetes itself does not define.
FOREIGN = {"monitoring.coreos.com/v1"}


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        deep = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merged(out[key], value) if deep else value
    return out


def given_values(args: argparse.Namespace) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path in args.values:
        values = merged(values, chart.values_from_yaml(pathlib.Path(path).read_text(encoding="utf-8")))
    for expression in args.set:
        values = merged(values, helm_python.parse_set_string(expression))
    return values


def lint(args: argparse.Namespace) -> int:
    report = chart.lint(args.chart, given_values(args), strict=True)
    # A message of severity 1 is advice (an icon is recommended).
    findings = [f"{m['path']}: {m['error']}" for m in report["messages"] if m["severity"] > 1]
    findings += [e for e in report["errors"] if e not in findings]
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


def rendered(args: argparse.Namespace) -> dict[str, str]:
    with chart.Chart.load(args.chart) as loaded:
        values = given_values(args)
        loaded.validate_schema(values)
        return loaded.render(values, name=args.name, namespace=args.namespace)


def documents(args: argparse.Namespace) -> list[tuple[str, dict[str, Any]]]:
    return [
        (path, document)
        for path, text in sorted(rendered(args).items())
        if path.endswith(".yaml")
        for document in yaml.safe_load_all(text)
        if document
    ]


def template(args: argparse.Namespace) -> int:
    if args.json:
        json.dump([d for _, d in documents(args)], sys.stdout, ensure_ascii=False)
        return 0
    yaml.safe_dump_all([d for _, d in documents(args)], sys.stdout, allow_unicode=True, sort_keys=False)
    return 0


def validate(args: argparse.Namespace) -> int:
    code = 0
    for path, document in documents(args):
        name = f"{path}: {document.get('kind')} {document.get('metadata', {}).get('name')}"
        if document.get("apiVersion") in FOREIGN:
            continue
        try:
            utils.validate(document, args.kube_version, strict=True)
        except utils.ValidationError as fault:
            where = ".".join(str(step) for step in fault.absolute_path)
            print(f"{name}: {where}: {fault.message}", file=sys.stderr)
            code = 1
        except utils.SchemaNotFoundError as fault:
            print(f"{name}: {fault.message}", file=sys.stderr)
            code = 1
    return code


def main() -> int:
    parser = argparse.ArgumentParser(prog="checks.sh helm", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for run in (lint, template, validate):
        command = commands.add_parser(run.__name__)
        command.set_defaults(run=run)
        command.add_argument("chart")
        command.add_argument("-f", "--values", action="append", default=[])
        command.add_argument("--set", action="append", default=[])
        command.add_argument("--name", default="standing")
        command.add_argument("--namespace", default="credit")
        command.add_argument("--kube-version", default="1.30")
        command.add_argument("--json", action="store_true", help="template: one JSON list instead of YAML")
    args = parser.parse_args()
    try:
        return args.run(args)
    except helm_python.HelmError as fault:
        print(fault, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
