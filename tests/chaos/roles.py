"""Who installs what from where during faults, and who publishes it. Pure."""

from dataclasses import dataclass

PYTHON, R, VAULT, MIRROR = "python", "r", "vault", "mirror"  # repositories; all but the vault have a source of that name
BUILT = "built"  # a repository of packages built from git, with a source of that name
AHEAD = ("aheada", "aheadb", "aheadc")  # packages of the mirror that are fetched before anybody asks for them
SOURCES = (PYTHON, R)  # that are uploaded to; the vault shows those of PYTHON to who has a token


@dataclass(frozen=True)
class Installer:
    name: str
    patience: str  # of http_client.PATIENCE
    repository: str

    @property
    def asks_once(self):
        return self.patience == "once"


INSTALLERS = (
    Installer("pip", "pip", PYTHON),
    Installer("uv", "uv", PYTHON),
    Installer("pip --retries 0", "once", PYTHON),
    Installer("pip with a token", "pip", VAULT),
    Installer("R", "once", R),
    Installer("R of the mirror", "once", MIRROR),
    Installer("renv of the mirror", "renv", MIRROR),
)
UPLOADERS = (PYTHON, PYTHON, R)  # the source of each
