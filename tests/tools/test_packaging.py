"""The small decisions of packaging: what is copied, what is kept, which wheels run where."""

import zipfile
from pathlib import Path

import pytest

from tools.packaging import archive, prune, sources, template, wheels
from tools.packaging.errors import PackagingError


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def names(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_only_what_is_deployed_is_copied(tmp_path: Path) -> None:
    deployed = {
        "app.py": "",
        "requirements.txt": "",
        ".chalice/config.json": "{}",
        ".chalice/policies/run_job.json": "{}",
        "chalicelib/core/money.py": "",
        "chalicelib/api/messages.json": "{}",
    }
    left = {
        "tests/test_x.py": "",
        "tools/x.py": "",
        ".chalice/deployments/old.zip": "",
        "chalicelib/__pycache__/a.pyc": "",
        "chalicelib/.hidden": "",
    }
    root = write(tmp_path / "project", deployed | left)

    sources.copy_sources(root, tmp_path / "copy")

    assert names(tmp_path / "copy") == deployed.keys()


def test_without_an_app_nothing_is_packaged(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"app\.py is missing"):
        sources.copy_sources(tmp_path, tmp_path / "copy")


def test_services_are_those_that_the_sources_name(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "chalicelib/gateways/files.py": "import boto3\nboto3.client('s3')\n",
            "chalicelib/gateways/q.py": "session.client(service_name='sqs')\nkit.client(name)\n",
        },
    )

    assert sources.services_used(root) == {"dynamodb", "s3", "sqs"}


def test_a_client_of_a_computed_name_is_refused(tmp_path: Path) -> None:
    root = write(tmp_path, {"chalicelib/gateways/any.py": "import boto3\nboto3.client(name)\n"})

    with pytest.raises(PackagingError, match=r"any\.py:2 makes a client of a computed name"):
        sources.services_used(root)


def test_pruning_keeps_used_services_licences_and_metadata(tmp_path: Path) -> None:
    kept = {
        "botocore/data/s3/service.json",
        "botocore/data/endpoints.json",
        "pkg/code.py",
        "pkg-1.dist-info/METADATA",
        "pkg-1.dist-info/entry_points.txt",
        "pkg-1.dist-info/licenses/LICENSE",
    }
    dropped = {
        "botocore/data/ec2/service.json",
        "pkg/code.pyi",
        "pkg/tests/test_code.py",
        "pkg-1.dist-info/RECORD",
        "pkg-1.dist-info/WHEEL",
        "bin/tool",
    }
    tree = write(tmp_path, dict.fromkeys(kept | dropped, ""))

    prune.prune(tree, frozenset({"s3"}))

    assert names(tree) == kept


def test_a_zip_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"b.py": "2", "a.py": "1"})
    other = write(tmp_path / "other", {"a.py": "1", "b.py": "2"})
    (other / "a.py").chmod(0o700)

    archive.write(archive.files_of([one]), tmp_path / "one.zip")
    archive.write(archive.files_of([other]), tmp_path / "other.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as opened:
        assert opened.namelist() == ["a.py", "b.py"]


@pytest.mark.parametrize(
    ("python", "glibc"), [((3, 11), (2, 26)), ((3, 12), (2, 34)), ((3, 13), (2, 34))]
)
def test_lambda_s_glibc_follows_the_runtime(
    python: tuple[int, int], glibc: tuple[int, int]
) -> None:
    assert wheels.lambda_glibc(python) == glibc


def test_a_wheel_runs_where_its_least_demanding_tag_does(tmp_path: Path) -> None:
    tags = "Tag: cp311-cp311-manylinux_2_39_x86_64\nTag: cp311-cp311-manylinux_2_36_x86_64\n"
    write(
        tmp_path,
        {
            "new-1.dist-info/WHEEL": tags,
            "old-2.dist-info/WHEEL": "Tag: cp311-cp311-manylinux2014_x86_64\n",
            "pure-3.dist-info/WHEEL": "Tag: py3-none-any\n",
        },
    )

    assert wheels.glibc_needed(tmp_path) == (2, 36)
    assert wheels.too_new(tmp_path) == ("new 1",)


def test_what_lambda_has_is_preferred_to_what_it_has_not() -> None:
    asked = wheels.platforms("arm64")
    major, minor = wheels.lambda_glibc()

    assert asked[0] == f"manylinux_{major}_{minor}_aarch64"
    assert "manylinux2014_aarch64" in asked


@pytest.mark.parametrize(
    ("logical_id", "name"),
    [("APIHandler", "api_handler"), ("IngestScans", "ingest_scans"), ("RunJob", "run_job")],
)
def test_logical_ids_lead_back_to_function_names(logical_id: str, name: str) -> None:
    assert template.function_name(logical_id) == name
