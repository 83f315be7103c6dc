"""What a function's own code asks of AWS, read from its source.

A handler module makes adapters with settings (`DynamoOrders(aws, settings.orders_table)`); an
adapter calls operations with the name it was given (`{"TableName": self._table}`). The two are put
together here: operation by operation, with the environment variable that names the resource. Of an
adapter those methods count that the handler, or what it uses of the domain, calls on a thing of
that name.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import lean_lambda

# Where an operation's payload says what it is about.
_NAMES = ("TableName", "QueueUrl", "SecretId", "Name")
# Operations inside of a transaction are checked one by one:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
_IN_TRANSACTION = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
_LIBRARY = Path(lean_lambda.__file__).parent
_OPERATIONS = {"PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query"}


@dataclass(frozen=True)
class Operation:
    """One operation of a class: which of its attributes names the resource, and what of it."""

    action: str
    attribute: str
    detail: str = ""
    method: str = ""


@dataclass(frozen=True)
class CodeCall:
    """One call of a function: its action, the variable that names the resource, and what of it."""

    action: str
    variable: str
    detail: str = ""


def calls_of(package: Path, function: str) -> set[CodeCall]:
    """What the code of a function can call, with the variables of its environment."""
    handler = ast.parse((package / "handlers" / f"{function}.py").read_text())
    classes = _classes(package)
    used = set(_methods(package, handler))
    found: set[CodeCall] = set()
    for made, node in _made(handler):
        name = {"connect_flags": "AppConfig"}.get(ast.unparse(node.func), ast.unparse(node.func))
        if name not in classes:
            continue
        parameters, operations = classes[name]
        given = [ast.unparse(argument) for argument in node.args]
        if name == "AppConfig":
            given = ["aws", *given]
        values = dict(zip(parameters, given, strict=False))
        # A name that the domain does not use for it: all of its methods may be called.
        called = {op for op in operations if (made, op.method) in used} or operations
        for operation in called if operations <= _of_adapters(package) else operations:
            variable = values.get(operation.attribute, operation.attribute)
            variable = variable.removeprefix("settings.").upper()
            details = [operation.detail]
            if name == "Parameters":
                details = list(_parameters(handler))
            found |= {CodeCall(operation.action, variable, detail) for detail in details}
    return found


def _made(handler: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Everything that is made in a handler's module, with the name that it gets there."""
    named = []
    for node in handler.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            (target,) = node.targets if isinstance(node, ast.Assign) else [node.target]
            named.append(node.value)
            yield ast.unparse(target), node.value
    for other in ast.walk(handler):
        if isinstance(other, ast.Call) and other not in named:
            yield "", other


def _methods(package: Path, handler: ast.Module) -> Iterator[tuple[str, str]]:
    """`orders.put(…)` as ("orders", "put"), in a handler and in what it uses of the domain."""
    waiting: list[ast.AST] = [handler]
    modules = {file.stem: ast.parse(file.read_text()) for file in package.glob("domain/*.py")}
    defined = {
        (module, node.name): node
        for module, tree in modules.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    seen: set[tuple[str, str]] = set()
    within: dict[int, str] = {}
    while waiting:
        tree = waiting.pop()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield ast.unparse(node.func.value).rsplit(".", 1)[-1], node.func.attr
        for key in _uses(tree, modules.get(within.get(id(tree), "")), within.get(id(tree), "")):
            if key in defined and key not in seen:
                seen.add(key)
                within[id(defined[key])] = key[0]
                waiting.append(defined[key])


def _uses(tree: ast.AST, module: ast.Module | None, name: str) -> Iterator[tuple[str, str]]:
    """The functions and classes of the domain that a piece of code names."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.value.id for node in ast.walk(tree) if _is_of_name(node)}  # type: ignore[attr-defined]
    source = module or tree
    for node in ast.walk(source):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if module is None or alias.name in names:
                    yield node.module.rsplit(".", 1)[-1], alias.name
    yield from ((name, found) for found in names if name)


def _is_of_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)


def _parameters(handler: ast.Module) -> Iterator[str]:
    """The names in `parameters.get("fulfilment/warehouse")`."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "parameters.get":
            (name,) = node.args
            assert isinstance(name, ast.Constant)
            yield str(name.value)


def _of_adapters(package: Path) -> set[Operation]:
    names = {
        node.name
        for file in package.glob("adapters/*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef)
    }
    return {op for name, (_, ops) in _classes(package).items() if name in names for op in ops}


@cache
def _classes(package: Path) -> Mapping[str, tuple[list[str], set[Operation]]]:
    """Each class of adapters and library: the parameters of its making, and its operations."""
    found = {}
    for file in sorted([*package.glob("adapters/*.py"), *_LIBRARY.glob("*.py")]):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef):
                operations = set(_operations(node))
                if operations:
                    found[node.name] = (_made_with(node), operations)
    return found


def _made_with(node: ast.ClassDef) -> list[str]:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return [argument.arg for argument in item.args.args[1:]]
    return []


def _operations(node: ast.ClassDef) -> Iterator[Operation]:
    attributes = _attributes(node)
    named = _named(node, attributes)
    for method in node.body:
        if not isinstance(method, ast.FunctionDef):
            continue
        index = next(iter(_values(method, "IndexName")), "")
        for call in ast.walk(method):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr in {"call", "send"} and len(call.args) >= 2:
                for operation in _aws_call(node, call, named, index):
                    yield replace(operation, method=method.name)
            elif ast.unparse(call.func) == "self._s3.get_object":
                yield Operation("s3:GetObject", "bucket of the event", method=method.name)


def _aws_call(
    node: ast.ClassDef, call: ast.Call, named: list[str], index: str
) -> Iterator[Operation]:
    service, operation = (ast.unparse(argument).strip("'") for argument in call.args[:2])
    if service == "SERVICE":
        if isinstance(call.args[1], ast.Constant):
            yield Operation(f"appconfig:{operation}", "path")
        return
    if operation == "TransactWriteItems":
        for key, attribute in _transaction(node):
            yield Operation(f"dynamodb:{_IN_TRANSACTION[key]}", attribute)
    elif isinstance(call.args[1], ast.Constant):
        (name, *_) = named
        detail = f"index/{index}" if operation == "Query" else ""
        yield Operation(f"{service}:{operation}", name, detail)
    else:  # an operation that methods of the class hand over
        for constant in ast.walk(node):
            if isinstance(constant, ast.Constant) and constant.value in _OPERATIONS:
                yield Operation(f"{service}:{constant.value}", named[0])


def _attributes(node: ast.ClassDef) -> dict[str, str]:
    """`self._table = table` as {"self._table": "table"}."""
    found = {}
    for item in ast.walk(node):
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Attribute):
            value = item.value
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
                value = value.func.value  # path.rstrip("/")
            if isinstance(value, ast.Name):
                found[ast.unparse(item.targets[0])] = value.id
    return found


def _values(node: ast.AST, key: str) -> Iterator[str]:
    for item in ast.walk(node):
        if isinstance(item, ast.Dict):
            for name, value in zip(item.keys, item.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == key:
                    yield ast.unparse(value).strip("'")


def _named(node: ast.ClassDef, attributes: Mapping[str, str]) -> list[str]:
    """The parameters that name the resource of the class's payloads."""
    found = []
    for key in _NAMES:
        for value in _values(node, key):
            for attribute, parameter in attributes.items():
                if attribute in value:
                    found.append(parameter)
    return found


def _transaction(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """`{"Put": mark}` with `mark = {"TableName": self._marks}` as ("Put", "idempotency_table")."""
    attributes = _attributes(node)
    payloads = {
        item.targets[0].id: item.value
        for item in ast.walk(node)
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name)
    }
    for item in ast.walk(node):
        if isinstance(item, ast.Dict):
            for name, value in zip(item.keys, item.values, strict=True):
                if isinstance(name, ast.Constant) and name.value in _IN_TRANSACTION:
                    payload = payloads[value.id] if isinstance(value, ast.Name) else value
                    (table,) = _values(payload, "TableName")
                    yield str(name.value), attributes[table]
