"""Validates documents of custom kinds against their definitions, and all other documents against Kubernetes' schemas.

    custom.py --picker=SOURCES --definitions=FOLDER... FILE...

A field that no schema names is an error; the API server would drop it silently. Rules in CEL (x-kubernetes-validations)
are not checked. SOURCES is the folder with the endpoint picker's sources, which show the plugins that it has.
"""

import argparse
import pathlib
import re
import sys

import jsonschema
import kubernetes_validate
import yaml
from kubernetes_validate.utils import latest_version


def schemas(folders):
    """Returns the schemas of the custom kinds, by apiVersion and kind."""
    found = {}
    for file in sorted(file for folder in folders for file in pathlib.Path(folder).glob("*.yaml")):
        for definition in yaml.safe_load_all(file.read_text()):
            if definition and definition.get("kind") == "CustomResourceDefinition":
                spec = definition["spec"]
                for version in spec["versions"]:
                    schema = strict(version["schema"]["openAPIV3Schema"])
                    # the definitions leave this to the API server
                    schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
                    found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


def strict(schema):
    """Converts a schema to JSON Schema, and allows only fields that it names."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    # a property may be called "properties", so the keys of "properties" are names and not keywords
    out = {key: ({name: strict(part) for name, part in value.items()} if key == "properties" else strict(value)) for key, value in schema.items()}
    if isinstance(out.get("properties"), dict) and "additionalProperties" not in out and not out.get("x-kubernetes-preserve-unknown-fields"):
        out["additionalProperties"] = False
    return out


def plugin_problems(config_map, sources):
    known = set()
    for file in pathlib.Path(sources).rglob("*.go"):
        if not file.name.endswith("_test.go"):
            known |= set(re.findall(r'Type\s*=\s*"([a-z0-9-]+)"', file.read_text()))
    for name, text in config_map.get("data", {}).items():
        config = yaml.safe_load(text)
        plugins = [plugin["type"] for plugin in config["plugins"]]
        yield from (f"{name}: the picker has no plugin {plugin}" for plugin in plugins if plugin not in known)
        for profile in config["schedulingProfiles"]:
            for plugin in profile["plugins"]:
                if plugin["pluginRef"] not in plugins:
                    yield f"{name}: profile {profile['name']} refers to {plugin['pluginRef']}, which is not among the plugins"


def problems(document, definitions, sources):
    kind = document["apiVersion"], document["kind"]
    if kind in definitions:
        for error in jsonschema.Draft7Validator(definitions[kind]).iter_errors(document):
            yield f"{'.'.join(str(part) for part in error.absolute_path) or '.'}: {error.message}"
        return
    try:
        kubernetes_validate.validate(document, latest_version(), strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{'.'.join(str(part) for part in error.path)}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError:
        yield "it has no schema"
    if kind[1] == "ConfigMap":
        yield from plugin_problems(document, sources)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--definitions", action="append", required=True)
    parser.add_argument("--picker", required=True)
    parser.add_argument("files", nargs="+")
    given = parser.parse_args()
    definitions = schemas(given.definitions)
    found, custom, others = [], {}, 0
    for file in given.files:
        for document in yaml.safe_load_all(open(file)):
            kind = document["apiVersion"], document["kind"]
            custom[kind] = kind in definitions
            others += kind not in definitions
            found += [f"{file}: {kind[1]} {document['metadata']['name']}: {p}" for p in problems(document, definitions, given.picker)]
    for problem in found:
        print(problem)
    named = sorted(f"{kind} {version}" for (version, kind), known in custom.items() if known)
    print(f"{len(found)} problems; custom kinds: {', '.join(named)}; {others} documents of kinds of Kubernetes {latest_version()}")
    return 1 if found or not named else 0


sys.exit(main())
