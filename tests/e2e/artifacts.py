"""Packages made on the spot, as bytes: what R CMD build and python -m build would hand over, and what they never would."""

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile

EPOCH = 1_704_067_200


def tar_gz(members):
    """members: pairs of a name, or a ready TarInfo, and bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(data), EPOCH, 0o644
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=EPOCH)


def description(name, version, **fields):
    lines = {"Package": name, "Version": version, "Title": f"The Package {name}",
             "Description": "Made by a test.", "Author": "A Test", "Maintainer": "A Test <test@example.org>",
             "License": "MIT", "NeedsCompilation": "no", "Packaged": "2024-01-01 00:00:00 UTC; test"} | fields
    return "".join(f"{key}: {value}\n" for key, value in lines.items() if value is not None).encode()


def r_package(name, version, *, answer=None, c=False, files=(), **fields):
    """A source package whose function answer() gives `answer` (its version when none is given), from C if asked."""
    answer = version if answer is None else answer
    code, namespace, source = f'answer <- function() "{answer}"\n', "export(answer)\n", []
    if c:
        fields.setdefault("NeedsCompilation", "yes")
        code = "answer <- function() .Call(C_answer)\n"
        namespace += f"useDynLib({name}, C_answer = answer_of_{name})\n"
        source = [(f"{name}/src/answer.c", f"#include <Rinternals.h>\nSEXP answer_of_{name}(void) "
                                           f'{{ return mkString("{answer}"); }}\n'.encode())]
    return tar_gz([(f"{name}/DESCRIPTION", description(name, version, **fields)),
                   (f"{name}/NAMESPACE", namespace.encode()), (f"{name}/R/answer.R", code.encode()), *source, *files])


def metadata(name, version, *, requires=(), requires_python=">=3.8", extra=""):
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Summary: made by a test"]
    if requires_python:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return ("\n".join(lines) + "\n" + extra).encode()


def module_name(name):
    return name.lower().replace("-", "_").replace(".", "_")


def record(files, info):
    rows = [f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}"
            for path, data in files]
    return ("\n".join([*rows, f"{info}/RECORD,,"]) + "\n").encode()


def wheel(name, version, *, answer=None, files=(), metadata_bytes=None, compression=zipfile.ZIP_DEFLATED, **fields):
    """A pure wheel whose module has `answer`. Its file name is wheel_name(name, version)."""
    module, info = module_name(name), f"{module_name(name)}-{version}.dist-info"
    contents = [(f"{module}/__init__.py", f"answer = {answer or version!r}\n".encode()), *files,
                (f"{info}/METADATA", metadata_bytes or metadata(name, version, **fields)),
                (f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")]
    contents.append((f"{info}/RECORD", record(contents, info)))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for path, data in contents:
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0)), data, compression)
    return packed.getvalue()


def wheel_name(name, version):
    return f"{module_name(name)}-{version}-py3-none-any.whl"


def sdist(name, version, *, files=(), metadata_bytes=None, **fields):
    """A source distribution that setuptools builds. Its file name is sdist_name(name, version)."""
    top = f"{module_name(name)}-{version}"
    project = (f'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
               f'[project]\nname = "{name}"\nversion = "{version}"\n')
    return tar_gz([(f"{top}/PKG-INFO", metadata_bytes or metadata(name, version, **fields)),
                   (f"{top}/pyproject.toml", project.encode()),
                   (f"{top}/src/{module_name(name)}/__init__.py", f"answer = {version!r}\n".encode()), *files])


def sdist_name(name, version):
    return f"{module_name(name)}-{version}.tar.gz"


def r_name(name, version):
    return f"{name}_{version}.tar.gz"
