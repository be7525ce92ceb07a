"""Keys that are not in the database: what encrypts id numbers, secrets of codes and of webhooks.

What is encrypted begins with the version of its cipher and the number of its key, so that both
may change while older values stay readable.
"""

from __future__ import annotations

import functools
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as Machine
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gis.access.rules import Cipher
from gis.errors import SettingsError

FOLDER, FILE = "keys", "secret"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEAD_BYTES = 2
_MOST_KEYS = 255
_VERSIONS = {Cipher.AES: 1, Cipher.SM4: 2}
# GB/T 32907 knows keys of 128 bits only.
_LENGTHS = {Cipher.AES: 32, Cipher.SM4: 16}
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(SettingsError):
    """The key file cannot be read, or what is encrypted was not encrypted with it."""


@dataclass(frozen=True)
class Keys:
    """All keys of an installation by their number; the newest one encrypts."""

    # Never shown, also not in a traceback.
    secrets: Mapping[int, bytes] = field(repr=False)
    cipher: Cipher = Cipher.AES

    @property
    def newest(self) -> int:
        """The number of the key that encrypts."""
        return max(self.secrets)

    def encrypt(self, plain: bytes, about: str) -> bytes:
        """Encrypt a value.

        Parameters
        ----------
        about
            Whose it is, such as ``"account.code_secret/7"``: it can be decrypted for that only, so
            nobody can pass off one row's value as another's.
        """
        head = bytes([_VERSIONS[self.cipher], self.newest])
        nonce = secrets.token_bytes(_NONCE_BYTES)
        key = _derived(self.secrets[self.newest], self.cipher)
        data = head + about.encode()
        if self.cipher is Cipher.AES:
            return head + nonce + AESGCM(key).encrypt(nonce, plain, data)
        machine = Machine(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        machine.authenticate_additional_data(data)
        return head + nonce + machine.update(plain) + machine.finalize() + machine.tag

    def encrypt_all(self, plains: Sequence[bytes], abouts: Sequence[str]) -> list[bytes]:
        """Encrypt many values, four times as fast as one by one; see `encrypt`."""
        if self.cipher is not Cipher.AES:
            return [self.encrypt(*each) for each in zip(plains, abouts, strict=True)]
        head = bytes([_VERSIONS[self.cipher], self.newest])
        seal = AESGCM(_derived(self.secrets[self.newest], self.cipher)).encrypt
        nonces = secrets.token_bytes(_NONCE_BYTES * len(plains))
        return [
            head + nonce + seal(nonce, plain, head + about.encode())
            for nonce, plain, about in zip(
                (nonces[at : at + _NONCE_BYTES] for at in range(0, len(nonces), _NONCE_BYTES)),
                plains,
                abouts,
                strict=True,
            )
        ]

    def decrypt(self, kept: bytes, about: str) -> bytes:
        """Return what was encrypted.

        Raises
        ------
        KeyFileError
            It was encrypted with another key or for another row, or it was altered.
        """
        found = {number: cipher for cipher, number in _VERSIONS.items()}.get(kept[0] if kept else 0)
        if found is None or len(kept) < _HEAD_BYTES + _NONCE_BYTES + _TAG_BYTES:
            raise KeyFileError(f"What is kept of {about} is not encrypted as this program does.")
        secret = self.secrets.get(kept[1])
        if secret is None:
            raise KeyFileError(
                f"What is kept of {about} was encrypted with key {kept[1]}, which is not in the "
                f"key file. Put the key file back that belongs to this database."
            )
        head, rest = kept[:_HEAD_BYTES], kept[_HEAD_BYTES:]
        nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        key, data = _derived(secret, found), head + about.encode()
        try:
            if found is Cipher.AES:
                return AESGCM(key).decrypt(nonce, sealed, data)
            mode = modes.GCM(nonce, sealed[-_TAG_BYTES:])
            machine = Machine(algorithms.SM4(key), mode).decryptor()
            machine.authenticate_additional_data(data)
            return machine.update(sealed[:-_TAG_BYTES]) + machine.finalize()
        except InvalidTag as error:
            raise KeyFileError(
                f"What is kept of {about} cannot be decrypted: it was altered, or the key file is "
                "another database's."
            ) from error

    def is_outdated(self, kept: bytes) -> bool:
        """Whether a value was encrypted with an older key or another cipher than today's."""
        return kept[:_HEAD_BYTES] != bytes([_VERSIONS[self.cipher], self.newest])

    def digest(self, purpose: str) -> bytes:
        """Return 32 bytes for another purpose, such as signing forms; they change with the key."""
        return _hkdf(self.secrets[self.newest], _KEY_BYTES, purpose)


def open_keys(state: Path, cipher: Cipher = Cipher.AES) -> Keys:
    """Read the keys of an installation; the first one is made when first asked for.

    Raises
    ------
    KeyFileError
        The file is damaged, or somebody but its owner may read it.
    """
    path = state / FOLDER / FILE
    if not path.exists():
        _make(path)
    return Keys(_read(path), cipher)


def rotate(state: Path, cipher: Cipher = Cipher.AES) -> Keys:
    """Add a key, which encrypts from now on; the older ones still decrypt."""
    keys = open_keys(state, cipher)
    if keys.newest == _MOST_KEYS:
        raise KeyFileError(f"There are {_MOST_KEYS} keys already; no more can be numbered.")
    path = state / FOLDER / FILE
    lines = [*path.read_text("ascii").splitlines(), _line(keys.newest + 1)]
    # Beside it first: a key file half written loses everything it encrypted.
    beside = _write_new(path, lines)
    beside.replace(path)
    return Keys(_read(path), cipher)


def fingerprint(keys: Keys) -> str:
    """Return what names the newest key without telling it."""
    return hashlib.sha256(b"citygrid key" + keys.secrets[keys.newest]).hexdigest()[:16]


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = _write_new(path, [_line(1)])
    try:
        # Two who start at once make one file: the second finds the first one's.
        path.hardlink_to(beside)
    except FileExistsError:
        pass
    finally:
        beside.unlink()


def _line(number: int) -> str:
    return f"{number} {secrets.token_hex(_KEY_BYTES)}"


def _write_new(path: Path, lines: list[str]) -> Path:
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    return beside


def _read(path: Path) -> dict[int, bytes]:
    try:
        if path.stat().st_mode & _OTHERS:
            raise KeyFileError(
                f"Others than its owner may read {path}. Close it: chmod 600 {path}; "
                "and consider what it encrypted known to them."
            )
        lines = path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"The key file {path} cannot be read: {error}.") from error
    found: dict[int, bytes] = {}
    for line in lines:
        number, _, written = line.partition(" ")
        try:
            secret = bytes.fromhex(written)
            found[int(number)] = secret
        except ValueError:
            secret = b""
        if len(secret) != _KEY_BYTES:
            # The line itself is not said: it may be a key.
            raise KeyFileError(f"The key file {path} is damaged; put back a copy of it.")
    if not found:
        raise KeyFileError(f"The key file {path} is empty; put back a copy of it.")
    return found


def _derived(secret: bytes, cipher: Cipher) -> bytes:
    return _hkdf(secret, _LENGTHS[cipher], f"column {cipher.value}")


# Deriving takes ten times as long as encrypting.
@functools.lru_cache(maxsize=64)
def _hkdf(secret: bytes, length: int, purpose: str) -> bytes:
    # A key of its own for each use: no two of them can be played against each other.
    info = f"citygrid {purpose}".encode()
    return HKDF(hashes.SHA256(), length, salt=None, info=info).derive(secret)
