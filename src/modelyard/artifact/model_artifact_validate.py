"""Check a model artifact: ``python model_artifact_validate.py --artifact FOLDER_OR_ZIP``.

Stands alone: Python 3.7 or newer and nothing else. It reads the artifact's files and never runs them, writes
test_json_output.json and test_html_output.html (into the folder, or beside the zip) and exits with 0 when no test
failed. The rules live here and nowhere else: modelyard itself introspects by this file.
"""

from __future__ import annotations

import argparse
import ast
import html
import json
import re
import subprocess
import sys
import threading
import warnings
import zipfile
from pathlib import Path
from typing import Callable, Dict, Iterator, NamedTuple, Union  # noqa: UP035 # Python 3.7 has no other
from urllib.parse import unquote, urlsplit

VERSION = "3.0"
PYTHON_VERSION = re.compile(r"3\.([6-9]|[1-9]\d)(\.\d+)?\Z")
LARGEST = {"score.py": 1024 * 1024, "runtime.yaml": 64 * 1024}
DEEPEST = 20  # levels of runtime.yaml, which needs four

Tree = Dict[str, Union[str, "Tree"]]  # noqa: UP006
Result = Dict[str, Union[str, bool, None]]  # noqa: UP006


class Failed(Exception):
    """A test's answer is no; the text says why and what to do."""


class Undecided(Exception):
    """A test cannot be decided here; the text says why. Counts as no failure."""


class Artifact:
    """Read the files of an artifact, a folder or a zip, by their names at its top."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tree: ast.Module | None = None
        self._runtime: Tree | None = None
        if not path.exists():
            raise FileNotFoundError(f"There is no folder or file {path}.")
        if not path.is_dir() and not zipfile.is_zipfile(path):
            raise ValueError(f"{path} is neither a folder nor a zip file.")

    def names(self) -> list[str]:
        """Return the names of the files, with ``/`` between folders."""
        if self.path.is_dir():
            found = [path for pattern in ("*", "*/*") for path in self.path.glob(pattern) if path.is_file()]
            return sorted(path.relative_to(self.path).as_posix() for path in found)
        with zipfile.ZipFile(self.path) as archive:
            return sorted(name for name in archive.namelist() if not name.endswith("/"))

    def read(self, name: str) -> bytes:
        """Return the content of one of the two files that are read."""
        if self.path.is_dir():
            file = self.path / name
            _refuse_larger(name, file.stat().st_size)
            return file.read_bytes()
        with zipfile.ZipFile(self.path) as archive:
            _refuse_larger(name, archive.getinfo(name).file_size)
            return archive.read(name)

    def score(self) -> ast.Module:
        """Return score.py as a syntax tree."""
        if self._tree is None:
            self._tree = parse_python(self.read("score.py"))
        return self._tree

    def runtime(self) -> Tree:
        """Return runtime.yaml with its scalars as they were written, its keys in upper case."""
        if self._runtime is None:
            self._runtime = read_yaml(self.read("runtime.yaml"))
        return self._runtime

    def stated(self, key: str) -> str:
        """Return what MODEL_DEPLOYMENT says for a key, at any depth; empty where it says nothing."""
        below = self.runtime().get("MODEL_DEPLOYMENT", "")
        return _find(below, key) if isinstance(below, dict) else ""


def _refuse_larger(name: str, size: int) -> None:
    if size > LARGEST[name]:
        raise Failed(f"{name} has {size} bytes; {LARGEST[name]} are the most.")


def _find(tree: Tree, key: str) -> str:
    found = tree.get(key, "")
    if isinstance(found, str) and found:
        return found
    below = (_find(value, key) for value in tree.values() if isinstance(value, dict))
    return next((value for value in below if value), "")


# ── score.py, read and not run ───────────────────────────────────────────────────────────────────────────────────────

_WARNINGS = threading.Lock()  # the filters of `warnings` belong to the whole process


class Signature(NamedTuple):
    """The parameters of a function as far as a caller must know them."""

    positional: tuple[str, ...]
    defaults: int
    required_keywords: tuple[str, ...]

    def required(self) -> tuple[str, ...]:
        """Return the names that a caller has to give."""
        return self.positional[: len(self.positional) - self.defaults] + self.required_keywords


def parse_python(source: bytes) -> ast.Module:
    """Parse Python source; raise SyntaxError with the line."""
    try:
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source, filename="score.py")
    except (RecursionError, MemoryError):
        raise SyntaxError("the code is nested too deeply to be read") from None
    except ValueError as error:  # a NUL byte, on older Pythons
        raise SyntaxError(str(error)) from None


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield a module's statements in their order, also those below if, try, with and loops."""
    waiting = body[::-1]
    while waiting:  # no recursion: a chain of elif nests as deep as it is long
        statement = waiting.pop()
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        parts = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
        parts[1:1] = [handler.body for handler in getattr(statement, "handlers", [])]
        waiting += [below for part in parts for below in part][::-1]


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).split(".")[0] for alias in statement.names]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and statement.value is not None and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def binding(tree: ast.Module, name: str) -> ast.AST | None:
    """Return what a module binds a name to: a definition, an import or the value that is assigned."""
    found = None
    for statement in _top_level(tree.body):
        if name in _names(statement):
            found = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else statement
    return found


def signature(tree: ast.Module, name: str) -> Signature | None:
    """Return a function's parameters; None where the text alone does not tell them."""
    bound = binding(tree, name)
    if isinstance(bound, ast.Name) and bound.id != name:
        bound = binding(tree, bound.id)
    if not isinstance(bound, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return None
    args = bound.args
    positional = tuple(arg.arg for arg in [*getattr(args, "posonlyargs", []), *args.args])
    keywords = tuple(arg.arg for arg, default in zip(args.kwonlyargs, args.kw_defaults) if default is None)  # noqa: B905
    return Signature(positional, len(args.defaults), keywords)


# ── runtime.yaml, every scalar as a string ───────────────────────────────────────────────────────────────────────────


class YamlError(ValueError):
    """A text that is no YAML mapping; the message names the line."""


def read_yaml(source: bytes) -> Tree:
    """Read a YAML mapping of mappings and scalars; scalars stay strings, so that 3.10 does not become 3.1."""
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlError(f"it is not UTF-8 (byte {error.start})") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            raise YamlError(f"line {number} is indented with a tab; YAML takes spaces only")
    try:
        import yaml  # noqa: F401
    except ImportError:
        return _read_simple(text)
    return _read_whole(text)


def _read_whole(text: str) -> Tree:
    import yaml

    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.BaseLoader):  # stops before PyYAML's time grows with depth squared
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST or isinstance(event, yaml.AliasEvent):
                raise YamlError("it is nested too deeply, or has an alias (*name), which is not taken here")
        tree = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 # BaseLoader makes strings and nothing else
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise YamlError("{}{}".format(line, error.problem or "malformed YAML")) from None
    except yaml.YAMLError as error:
        raise YamlError(str(error)) from None
    if not isinstance(tree, dict) or not tree:
        raise YamlError("it is no mapping of names to values" if tree else "it is empty")
    return _settled(tree)


def _settled(tree: dict[str, object]) -> Tree:
    """Return a mapping with upper-case keys whose values are mappings or strings, '' where there is nothing."""
    settled: Tree = {}
    for key, value in tree.items():
        absent = not value or value in ("~", "null", "Null", "NULL")
        settled[str(key).upper()] = "" if absent else _settled(value) if isinstance(value, dict) else str(value)
    return settled


_LINE = re.compile(r"""([ ]*)([^\s:#'"&*!|>-][^:#]*?|"[^"]*"|'[^']*')[ ]*:(?:[ ]+(.*))?\Z""")


def _read_simple(text: str) -> Tree:
    """Read the YAML that runtime.yaml needs, for a Python without PyYAML."""
    root: dict[str, object] = {}
    levels: list[tuple[int, dict[str, object]]] = [(-1, root)]
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.strip().startswith("#") or line.strip() in {"---", "..."}:
            continue
        match = _LINE.match(line.rstrip())
        if match is None:
            raise YamlError(f"line {number}: expected NAME: VALUE")
        indent, key, text_of_value = len(match.group(1)), match.group(2).strip("\"'"), match.group(3) or ""
        while levels[-1][0] >= indent:
            levels.pop()
        if re.match(r"\s*(#|\Z)", text_of_value):  # a name alone: what is indented below belongs to it
            below: dict[str, object] = {}
            levels[-1][1][key] = below
            levels.append((indent, below))
        else:
            levels[-1][1][key] = _scalar(text_of_value.strip(), number)
    if not root:
        raise YamlError("it is empty")
    return _settled(root)


def _scalar(text: str, number: int) -> str:
    if text[0] in "'\"":
        quoted = re.match(r"""(?:"([^"\\]*)"|'((?:[^']|'')*)')\s*(#.*)?\Z""", text)
        if quoted is None:
            raise YamlError(f"line {number}: a quote is not closed")
        return quoted.group(1) or (quoted.group(2) or "").replace("''", "'")
    if text[0] in "[{&*!|>%@`":
        raise YamlError(f"line {number}: {text[0]!r} can be read only where PyYAML is installed")
    return re.split(r"\s#", text)[0].strip()


# ── the tests, in the order in which they run ────────────────────────────────────────────────────────────────────────


def check_score_py(artifact: Artifact) -> None:
    """Pass when score.py is at the top."""
    _check_at_top(artifact, "score.py")


def check_runtime_yaml(artifact: Artifact) -> None:
    """Pass when runtime.yaml is at the top."""
    _check_at_top(artifact, "runtime.yaml")


def _check_at_top(artifact: Artifact, name: str) -> None:
    names = artifact.names()
    if name in names:
        return
    nested = [found for found in names if found.endswith("/" + name)]
    hint = f" It is at {nested[0]}: move it, and all beside it, to the top." if nested else ""
    raise Failed(f"There is no {name} at the top of the artifact.{hint}")


def check_syntax(artifact: Artifact) -> None:
    """Pass when score.py parses."""
    try:
        artifact.score()
    except SyntaxError as error:
        where = f"line {error.lineno}: " if error.lineno else ""
        message = f"score.py cannot be parsed: {where}{error.msg}."
        if _newer_python(artifact):
            raise Undecided(f"{message} Its own Python is newer than this one; try it there.") from None
        raise Failed(message) from None


def _newer_python(artifact: Artifact) -> bool:
    try:
        stated = PYTHON_VERSION.match(artifact.stated("INFERENCE_PYTHON_VERSION"))
    except (YamlError, OSError, KeyError, Failed):
        return False
    return stated is not None and int(stated.group(1)) > sys.version_info[1]


def _bound(artifact: Artifact, name: str) -> Signature | None:
    """Return a function's signature, None where only a run would tell; fail when there is no such function."""
    try:
        tree = artifact.score()
    except SyntaxError:  # only with code for a newer Python: check_syntax stops the run otherwise
        raise Undecided("score.py could not be parsed by this Python.") from None
    if binding(tree, name) is not None:
        return signature(tree, name)
    if binding(tree, "*") is not None:
        raise Undecided(f"score.py defines no {name}; one of its star imports may.")
    raise Failed(f"score.py has no function {name} at its top level.")


def check_load_model(artifact: Artifact) -> None:
    """Pass when score.py has a top-level load_model."""
    _bound(artifact, "load_model")


def check_predict(artifact: Artifact) -> None:
    """Pass when score.py has a top-level predict that is no coroutine: the model server calls it and awaits nothing."""
    _bound(artifact, "predict")
    if isinstance(binding(artifact.score(), "predict"), ast.AsyncFunctionDef):
        raise Failed("predict is async, and the model server does not await it; make it a plain def.")


def _predict(artifact: Artifact) -> Signature:
    found = _bound(artifact, "predict")
    if found is None:
        raise Undecided("predict is imported or made elsewhere; its parameters cannot be read from score.py.")
    return found


def check_predict_data(artifact: Artifact) -> None:
    """Pass when predict's first parameter is data."""
    positional = _predict(artifact).positional
    if not positional:
        raise Failed("predict takes no positional parameter; its first one must be data.")
    if positional[0] != "data":
        raise Failed(f"predict's first parameter is {positional[0]}; it must be data.")


def check_callable(artifact: Artifact) -> None:
    """Pass when the model server can call predict: with data, and with the model where it has to be given."""
    missing = [name for name in _predict(artifact).required() if name not in {"data", "model"}]
    if missing:
        raise Failed("predict is called with data alone; give {} a default.".format(", ".join(missing)))


def check_predict_arg(artifact: Artifact) -> None:
    """Pass when all parameters of predict but data have defaults, and data has none."""
    required = _predict(artifact).required()
    if "data" not in required:
        raise Failed("predict's data has a default; it alone must have none.")
    others = [name for name in required if name != "data"]
    if others:
        raise Failed("predict is called with data alone; give {} a default.".format(", ".join(others)))


def _stated(artifact: Artifact, key: str) -> str:
    try:
        return artifact.stated(key)
    except YamlError as error:
        raise Failed(f"runtime.yaml cannot be read: {error}.") from None


def check_version(artifact: Artifact) -> None:
    """Pass when MODEL_ARTIFACT_VERSION is the string 3.0."""
    _stated(artifact, "")
    version = artifact.runtime().get("MODEL_ARTIFACT_VERSION", "")
    if version != VERSION:
        raise Failed(f"MODEL_ARTIFACT_VERSION is {version!r}; it must be '{VERSION}'.")
    if re.search(rb"(?mi)^\s*MODEL_ARTIFACT_VERSION\s*:\s*3", artifact.read("runtime.yaml")):
        raise Failed(f"MODEL_ARTIFACT_VERSION is a number; put quotes around it: '{VERSION}'.")


def check_env_python(artifact: Artifact) -> None:
    """Pass when INFERENCE_PYTHON_VERSION is a Python of 3.6 or newer."""
    version = _stated(artifact, "INFERENCE_PYTHON_VERSION")
    if not version:
        raise Failed("INFERENCE_PYTHON_VERSION is not stated under MODEL_DEPLOYMENT in runtime.yaml.")
    if PYTHON_VERSION.match(version) is None:
        hint = " If 3.10 was meant, a tool wrote it as a number." if version == "3.1" else ""
        raise Failed(f"INFERENCE_PYTHON_VERSION is {version!r}; it must be like '3.12'.{hint}")


def check_env_path(artifact: Artifact) -> None:
    """Pass when INFERENCE_ENV_PATH is stated."""
    if not _stated(artifact, "INFERENCE_ENV_PATH"):
        raise Failed("INFERENCE_ENV_PATH is not stated under MODEL_DEPLOYMENT in runtime.yaml.")


def check_path_exists(artifact: Artifact) -> None:
    """Pass when the environment is on this machine and has the stated Python."""
    path, wanted = _stated(artifact, "INFERENCE_ENV_PATH"), _stated(artifact, "INFERENCE_PYTHON_VERSION")
    if not path.startswith("file://"):
        raise Undecided(f"{path} is not on this machine; whether it exists was not checked.")
    try:
        check_python(interpreter(path), wanted)
    except LookupError as error:
        raise Failed(error.args[0]) from None


def check_env_type(artifact: Artifact) -> None:
    """Pass when INFERENCE_ENV_TYPE is one of the two that exist."""
    kind = _stated(artifact, "INFERENCE_ENV_TYPE")
    if not kind:
        raise Undecided("INFERENCE_ENV_TYPE is not stated in runtime.yaml.")
    if kind not in {"published", "data_science"}:
        raise Failed(f"INFERENCE_ENV_TYPE is {kind!r}; it must be published or data_science.")


def check_env_slug(artifact: Artifact) -> None:
    """Pass when INFERENCE_ENV_SLUG is stated; nothing depends on it."""
    if not _stated(artifact, "INFERENCE_ENV_SLUG"):
        raise Undecided("INFERENCE_ENV_SLUG is not stated in runtime.yaml.")


class Test(NamedTuple):
    """One introspection test: its key, where it belongs, what it asks, and the field whose value it reports."""

    key: str
    category: str
    description: str
    check: Callable[[Artifact], None]
    value_of: str = ""


_FILES, _SCORE, _RUNTIME, _CONDA = "Mandatory Files Check", "score.py", "runtime.yaml", "conda_env"

TESTS = (
    Test("score_py", _FILES, "score.py is at the top of the artifact", check_score_py),
    Test("runtime_yaml", _FILES, "runtime.yaml is at the top of the artifact", check_runtime_yaml),
    Test("score_syntax", _SCORE, "score.py can be parsed", check_syntax),
    Test("score_load_model", _SCORE, "score.py defines load_model", check_load_model),
    Test("score_predict", _SCORE, "score.py defines predict", check_predict),
    Test("score_predict_data", _SCORE, "predict's first parameter is data", check_predict_data),
    Test("score_predict_arg", _SCORE, "predict's other parameters have defaults", check_predict_arg),
    Test("runtime_version", _RUNTIME, "MODEL_ARTIFACT_VERSION is '3.0'", check_version),
    Test("runtime_env_python", _CONDA, "the Python version is supported", check_env_python, "INFERENCE_PYTHON_VERSION"),
    Test("runtime_env_path", _CONDA, "the path of an environment is stated", check_env_path, "INFERENCE_ENV_PATH"),
    Test("runtime_path_exist", _CONDA, "the environment exists and has that Python", check_path_exists),
    Test("runtime_env_type", _CONDA, "the environment's type is published or data_science", check_env_type),
    Test("runtime_env_slug", _CONDA, "the environment's slug is stated", check_env_slug),
)


def untested() -> dict[str, Result]:
    """Return every test with no result yet."""
    results: dict[str, Result] = {}
    for test in TESTS:
        results[test.key] = {"category": test.category, "description": test.description, "error_msg": ""}
    results["score_py"]["key"] = "score_py"  # the first test names its key: readers of the file know it so
    return results


def validate(artifact: Artifact) -> dict[str, Result]:
    """Run the tests up to the first that fails; those behind it stay without a result."""
    results = untested()
    for test in TESTS:
        result = results[test.key]
        if not _run(test, artifact, result):
            break
    return results


def _run(test: Test, artifact: Artifact, result: Result) -> bool:
    try:
        if test.value_of:
            result["value"] = _stated(artifact, test.value_of)
        test.check(artifact)
    except Failed as no:
        result.update(success=False, error_msg=str(no))
        return False
    except Undecided as unknown:
        result.update(success=None, error_msg=f"WARNING: {unknown}")
    else:
        result["success"] = True
    return True


# ── the environment that runtime.yaml names ──────────────────────────────────────────────────────────────────────────


def interpreter(path: str) -> Path:
    """Return the Python of an environment that is a folder of this machine; raise LookupError where there is none."""
    prefix = Path(unquote(urlsplit(path).path) if path.startswith("file://") else path)
    if not prefix.is_dir():
        raise LookupError(
            f"There is no environment {prefix}. Make it again from the artifact's requirements.txt, or prepare the "
            "artifact in an environment of this machine."
        )
    for python in (prefix / "bin" / "python", prefix / "bin" / "python3", prefix / "python.exe"):
        if python.is_file():
            return python
    raise LookupError(f"The folder {prefix} is no Python environment: it has no bin/python.")


def check_python(python: Path, wanted: str) -> str:
    """Return the version of an interpreter; raise LookupError where it does not start or is not the one wanted."""
    program = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    try:
        done = subprocess.run(  # noqa: UP022 # capture_output is newer than Python 3.6
            [str(python), "-I", "-S", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LookupError(f"{python} does not start: {error}.") from None
    version = done.stdout.decode("ascii", "replace").strip()
    if done.returncode != 0 or not version:
        raise LookupError("{} does not start: {}".format(python, done.stderr.decode("utf-8", "replace").strip()[-500:]))
    if wanted.split(".")[:2] not in ([""], version.split(".")[:2]):
        raise LookupError(
            f"{python} is Python {version}, while runtime.yaml asks for {wanted}: correct INFERENCE_PYTHON_VERSION or "
            "INFERENCE_ENV_PATH."
        )
    return version


# ── run alone ────────────────────────────────────────────────────────────────────────────────────────────────────────


def word(result: Result) -> str:
    """Return the word that people read for a result."""
    return {True: "Passed", False: "Failed"}.get(result.get("success"), "Skipped")  # type: ignore[arg-type]


def verdict(results: dict[str, Result]) -> str:
    """Return Failed when one test failed, Skipped when none ran, else Passed."""
    words = {word(result) for result in results.values()}
    return "Failed" if "Failed" in words else "Passed" if "Passed" in words else "Skipped"


def _page(results: dict[str, Result], final: str) -> str:
    cells = ((key, row["description"], word(row), row["error_msg"]) for key, row in results.items())
    rows = "\n".join("<tr>{}</tr>".format("".join(f"<td>{html.escape(str(c))}</td>" for c in r)) for r in cells)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Artifact introspection</title>\n'
        "<style>body{font-family:sans-serif}td,th{padding:.3em .8em;text-align:left}</style>\n"
        f"<h1>Artifact introspection</h1>\n<p>{html.escape(final)}</p>\n<table>\n"
        f"<tr><th>Test key</th><th>Test name</th><th>Result</th><th>Message</th></tr>\n{rows}\n</table>\n</html>\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Check the artifact that the command line names; return the exit status."""
    beside = Path(__file__).resolve().parent
    here = next((folder for folder in (beside, beside.parent) if (folder / "score.py").is_file()), Path.cwd())
    parser = argparse.ArgumentParser(description="Check a model artifact without running it.")
    parser.add_argument("--artifact", type=Path, default=here, metavar="FOLDER_OR_ZIP")
    path = parser.parse_args(arguments).artifact
    try:
        results = validate(Artifact(path))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        print(error, file=sys.stderr)
        return 2
    for key, row in results.items():
        print("{:<8} {:<19} {}".format(word(row), key, row["error_msg"] or row["description"]))
    passed = verdict(results) == "Passed"
    final = "Every test that could run has passed." if passed else "The artifact cannot be deployed as it is."
    print(final)
    folder = path if path.is_dir() else path.parent
    report = json.dumps(dict(results, Final_message=final), indent=4)
    (folder / "test_json_output.json").write_text(report, encoding="utf-8")
    (folder / "test_html_output.html").write_text(_page(results, final), encoding="utf-8")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
