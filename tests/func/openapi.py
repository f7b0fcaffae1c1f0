"""Is a document OpenAPI 3.1? Its form by tests/support/openapi31.schema.json, the schemas in it by the meta schema of
JSON Schema 2020-12, and what no schema can say: references lead somewhere, and parameters are those of the path."""
import json
import os
import re

import jsonschema

META = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support", "openapi31.schema.json")


def _walk(value, path=""):
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from _walk(each, f"{path}/{key}")


def _leads_somewhere(reference, document, files):
    """`reference` is "#/…" or "FILE#/…", FILE among `files` (name -> content)."""
    name, _, pointer = reference.partition("#")
    value = files.get(name.rsplit("/", 1)[-1]) if name else document
    for part in filter(None, pointer.split("/")):
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return False
    return value is not None


def _parameters(path, operation):
    """Faults of the parameters of one operation."""
    told = [each["name"] for each in operation.get("parameters", ()) if each.get("in") == "path"]
    wanted = re.findall(r"{(\w+)}", path)
    if sorted(told) != sorted(wanted):
        yield f"{path}: its path parameters are {wanted}, told are {told}"


def faults(document, files=None):
    """What is wrong with `document`, each a line; `files`: what its references outside of it may name."""
    with open(META, encoding="utf-8") as file:
        meta = json.load(file)
    found = [f"/{'/'.join(map(str, error.path))}: {error.message[:200]}"
             for error in jsonschema.Draft202012Validator(meta).iter_errors(document)]
    if found:
        return found
    for where, value in _walk(document):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str) and \
                not _leads_somewhere(value["$ref"], document, files or {}):
            found.append(f"{where}: {value['$ref']} leads nowhere")
    ids = []
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            found += _parameters(path, operation)
            if "responses" not in operation:
                found.append(f"{path}: {method} has no responses")
            if "operationId" in operation:
                ids.append(operation["operationId"])
    schemes = document.get("components", {}).get("securitySchemes", {})
    for where, value in _walk(document):
        if where.endswith("/security") and isinstance(value, list):
            found += [f"{where}: no scheme {name}" for each in value for name in each if name not in schemes]
    return found + [f"operationId {each} twice" for each in set(ids) if ids.count(each) > 1]
