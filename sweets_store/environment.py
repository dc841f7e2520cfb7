"""What the settings take from the environment; every fault in it is collected, and `stop_if_wrong` names them all."""

import os
import re
import secrets
import zoneinfo
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from sweets_store.rates import Rate

_OLD_NAMES = ("DB_SCHEME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DB_NAME")
_POSTGRESQL = "sweets_store.postgresql"
_SQLITE = "django.db.backends.sqlite3"

faults: list[str] = []


def stop_if_wrong() -> None:
    if faults:
        raise ImproperlyConfigured("; ".join(dict.fromkeys(faults)))


def read_file(named: str, *, default: Path) -> None:
    """Take what the environment leaves unset from the file: `NAME=value` lines, blank ones and `#` comments."""
    path = Path(named) if named else default
    if not named and not path.exists():
        return
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        faults.append(f"ENV_FILE cannot be read: {fault}")
        return
    good = re.compile(r"\s*(#|$)|(export )?[A-Za-z_0-9]+=")
    if wrong := [number for number, line in enumerate(lines, 1) if not good.match(line)]:
        faults.append(f"{path.name} must hold NAME=value in line {', '.join(map(str, wrong))}")
        return
    environ.Env.read_env(path)


def text(name: str, default: str = "") -> str:
    """What is set, or the default for what is unset or empty.

    Not by django-environ, which takes a password that begins with `$` for the name of another variable.
    """
    return os.environ.get(name) or default


def boolean(name: str) -> bool:
    given = text(name).strip().lower()
    if given not in ("", "0", "1", "false", "true", "no", "yes", "off", "on"):
        faults.append(f"{name} must be true or false, not {given!r}")
    return given in ("1", "true", "yes", "on")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    given = text(name, str(default)).strip()
    if given.isascii() and given.isdigit() and len(given) < 10 and low <= int(given) <= high:
        return int(given)
    faults.append(f"{name} must be a whole number from {low} to {high}, not {given!r}")
    return default


def choice(name: str, default: str, words: tuple[str, ...]) -> str:
    given = text(name, default).strip().lower()
    if given in words:
        return given
    faults.append(f"{name} must be {' or '.join(words)}, not {given!r}")
    return default


def rate(name: str, default: str) -> Rate | None:
    """How often: `600/minute`; none where it is empty or `none`."""
    given = text(name, default).strip().lower()
    if given in ("", "none"):
        return None
    match = re.fullmatch("([1-9][0-9]{0,6})/(second|minute|hour)", given)
    if match is None:
        faults.append(f"{name} must be none or a number a second, minute or hour, such as 600/minute, not {given!r}")
        return None
    return Rate(int(match[1]), {"second": 1, "minute": 60, "hour": 3600}[match[2]])


def time_zone(name: str, default: str) -> str:
    """The name of a time zone, such as Europe/Moscow."""
    given = text(name, default).strip()
    if given in zoneinfo.available_timezones():
        return given
    faults.append(f"{name} must be the name of a time zone, such as Europe/Moscow, not {given!r}")
    return default


def names(name: str) -> list[str]:
    """A list, parted by commas."""
    return [part for part in map(str.strip, text(name).split(",")) if part]


def database(data_dir: Path, *, lock_timeout: int) -> dict[str, Any]:
    """Return Django's settings of the database: DATABASE_URL, or the old service's names, or the embedded SQLite.

    `lock_timeout`: seconds that a statement waits for another's lock before the client gets a 503.
    """
    config: dict[str, Any] = {"ENGINE": _SQLITE, "NAME": str(data_dir / "sweets.sqlite3")}
    if url := text("DATABASE_URL"):
        config = _from_url(url) or config
    elif any(text(name) for name in _OLD_NAMES):
        config = _from_old_names()
    else:
        _make(data_dir)
    if config["ENGINE"] == _SQLITE:
        # IMMEDIATE: a transaction that writes has the lock from its first statement, or two of them die of deadlock.
        options = {
            "transaction_mode": "IMMEDIATE",
            "timeout": lock_timeout,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        given = config.get("OPTIONS", {})
        options = {"connect_timeout": 5, **given}
        options["options"] = f"-c lock_timeout={lock_timeout}s {given.get('options', '')}".strip()
        config["ENGINE"] = _POSTGRESQL
    return {**config, "OPTIONS": options, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}


def _from_url(url: str) -> dict[str, Any] | None:
    if url.partition(":")[0] not in ("sqlite", "postgres", "postgresql"):
        faults.append("DATABASE_URL must begin with postgresql:// or sqlite:///")
        return None
    if "#" in url:
        faults.append("DATABASE_URL must have special characters of its password escaped: # is written %23")
        return None
    try:
        config = dict(environ.Env.db_url_config(url))
    except (ValueError, KeyError) as fault:
        faults.append(f"DATABASE_URL cannot be read: {fault}")
        return None
    if config.get("NAME") in (None, "", ":memory:"):
        faults.append("DATABASE_URL must end in a name: postgresql://user@host/database or sqlite:////folder/file")
    return config


def _from_old_names() -> dict[str, Any]:
    given = {name: text(name) for name in _OLD_NAMES}
    if missing := [name for name in ("DB_SCHEME", "DB_USER", "DB_HOST", "DB_NAME") if not given[name]]:
        faults.append(f"{', '.join(missing)} must be set beside the other DB_ names")
    elif not given["DB_SCHEME"].startswith("postgres"):
        faults.append(f"DB_SCHEME must be postgresql, not {given['DB_SCHEME']!r}")
    return {
        "ENGINE": _POSTGRESQL,
        "NAME": given["DB_NAME"].removeprefix("/"),
        "USER": given["DB_USER"],
        "PASSWORD": given["DB_PASSWORD"],
        "HOST": given["DB_HOST"],
        "PORT": str(integer("DB_PORT", 5432, low=1, high=65535)),
    }


def secret_key(data_dir: Path, *, production: bool) -> str:
    """Return SECRET_KEY, or the secret that this machine made for itself on its first start."""
    given = text("SECRET_KEY")
    if production:
        if len(given) < 50 or len(set(given)) < 10 or given.startswith("django-insecure-"):
            faults.append("SECRET_KEY must be set to at least 50 random characters in production")
        return given
    return given or _own_secret(data_dir)


def _make(data_dir: Path) -> bool:
    """Whether the folder is there."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # sessions and digests of passwords are for nobody else
    except OSError as fault:
        faults.append(f"DATA_DIR must be a folder that the store may write: {fault}")
        return False
    return True


def _own_secret(data_dir: Path) -> str:
    path = data_dir / "secret_key"
    if not _make(data_dir):
        return ""
    try:
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(64))
        secret = path.read_text()
        if len(secret) < 50:
            faults.append(f"{path} holds no whole secret; delete it, and the next start makes a new one")
        return secret
    except OSError as fault:
        faults.append(f"DATA_DIR must be a folder that the store may write: {fault}")
        return ""


def _write_once(path: Path, content: str) -> None:
    """Write a file whole or not at all, readable by its owner only; of several writers the first one wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def origins(name: str) -> list[str]:
    """A list of `https://host`, parted by commas."""
    given = names(name)
    if bad := [origin for origin in given if not re.fullmatch(r"https?://[^/\s]+", origin)]:
        faults.append(f"{name} must hold origins such as https://sweets.example, not {', '.join(bad)}")
    return given


def allowed_hosts(bind_host: str, *, production: bool) -> list[str]:
    """Return the names under which clients may call.

    Outside production the store answers to loopback alone, so that no web page can reach it by another name (DNS
    rebinding), or, bound to every address, to any name.
    """
    given = names("ALLOWED_HOSTS")
    if bad := [host for host in given if not re.fullmatch(r"\*|\.?[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]", host)]:
        faults.append(f"ALLOWED_HOSTS must hold names without scheme, port and path, not {', '.join(bad)}")
    if production:
        if not given or "*" in given:
            faults.append("ALLOWED_HOSTS must name the hosts that clients call, by commas, in production")
        return given
    if bind_host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        return given or ["*"]
    return given or ["localhost", "127.0.0.1", "[::1]", bind_host]
