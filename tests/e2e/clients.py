"""The real clients, each with settings of its own only: R, pip, uv, twine, poetry."""

import pathlib
import shutil
import subprocess

from server import plain_environment
from services import ROOT

VENV = ROOT / ".cache/venv/bin"


class Client:
    """A folder that is its home, its library and its cache; programs run in it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = plain_environment() | {
            "HOME": str(self.folder), "PATH": f"{VENV}:/usr/local/bin:/usr/bin:/bin", "NO_COLOR": "1",
            "PIP_CONFIG_FILE": "/dev/null", "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "1",
            "UV_CACHE_DIR": str(self.folder / "uv-cache"), "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never",
            "UV_PYTHON": str(VENV / "python"), "UV_LINK_MODE": "copy", "POETRY_CACHE_DIR": str(self.folder / "poetry-cache"),
            "POETRY_VIRTUALENVS_IN_PROJECT": "true", "POETRY_NO_INTERACTION": "1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "TWINE_NON_INTERACTIVE": "1"}

    def run(self, program, *arguments, environment=None, seconds=180, cwd=None):
        return subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, errors="replace",
                              env=self.environment | (environment or {}), cwd=cwd or self.folder, timeout=seconds)

    def must(self, program, *arguments, **options):
        done = self.run(program, *arguments, **options)
        assert done.returncode == 0, f"{program} {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


class R(Client):
    def __init__(self, folder, repository):
        """repository: the URL above src/contrib."""
        super().__init__(folder)
        self.library = self.folder / "library"
        self.library.mkdir(exist_ok=True)
        self.repository = repository
        self.environment["R_LIBS"] = str(self.library)
        self.environment.pop("LC_ALL", None)

    def evaluate(self, code, check=True, **options):
        prelude = f'options(repos = c(granary = "{self.repository}"), warn = 2, timeout = 30)\n'
        program = self.run if not check else self.must
        return program("Rscript", "--vanilla", "-e", prelude + code, **options)

    def install(self, *packages, **options):
        names = ", ".join(f'"{p}"' for p in packages)
        return self.evaluate(f'install.packages(c({names}), quiet = TRUE)', **options)

    def answer(self, package):
        return self.evaluate(f"cat({package}::answer())").strip()


class Pip(Client):
    def install(self, index, *requirements, check=True, options=()):
        target = self.folder / "site"
        program = self.must if check else self.run
        return program(VENV / "python", "-m", "pip", "install", "--target", target, "--upgrade", "--index-url", index,
                       *options, *requirements)

    def answer(self, module):
        return self.must(VENV / "python", "-c", f"import {module}; print({module}.answer)",
                         environment={"PYTHONPATH": str(self.folder / "site")}).strip()

    def forget(self):
        shutil.rmtree(self.folder / "site", ignore_errors=True)


class Uv(Pip):
    def install(self, index, *requirements, check=True, options=()):
        program = self.must if check else self.run
        return program(VENV / "uv", "pip", "install", "--target", self.folder / "site", "--upgrade", "--default-index", index,
                       *options, *requirements)

    def publish(self, url, token, *files, check=True, options=()):
        program = self.must if check else self.run
        return program(VENV / "uv", "publish", "--publish-url", url, "--token", token, *options, *files)


class Twine(Client):
    def upload(self, url, token, *files, check=True, options=()):
        program = self.must if check else self.run
        return program(VENV / "twine", "upload", "--disable-progress-bar", "--repository-url", url, "-u", "__token__", "-p", token,
                       *options, *files)
