"""Nothing outside the jail is opened; what lies in it is found under the names a daemon would use."""

import contextlib
import gc
import itertools
import os
import socket
import weakref
from pathlib import Path

import pytest
from tlslint.files import FileProblem, Files, door


def problem(files: Files, path: str) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        files.read(path)
    return caught.value


def test_reads_below_the_jail_and_nowhere_else(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.conf").write_text("a")
    (tmp_path / "b.conf").write_text("b")
    files = Files((str(inside),), str(tmp_path))
    assert files.read(str(inside / "a.conf")).data == b"a"
    assert files.read(str(inside / "a.conf")).path == "inside/a.conf"
    assert problem(files, str(tmp_path / "b.conf")).kind == "outside-root"
    assert problem(files, str(inside / ".." / "b.conf")).kind == "outside-root"
    assert problem(files, str(inside / "gone")).kind == "missing"
    assert files.kind(str(tmp_path / "b.conf")) == "outside"


def test_links_are_followed_inside_and_not_out(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    (inside / "real.conf").write_text("real")
    (inside / "sub" / "near").symlink_to("../real.conf")
    (inside / "far").symlink_to("/etc/hostname")
    (inside / "up").symlink_to("../outside.conf")
    (tmp_path / "outside.conf").write_text("secret")
    (inside / "loop").symlink_to("loop")
    files = Files((str(inside),), str(inside))
    assert files.read(str(inside / "sub" / "near")).path == "real.conf"
    assert problem(files, str(inside / "far")).kind == "outside-root"
    assert problem(files, str(inside / "up")).kind == "outside-root"
    assert problem(files, str(inside / "loop")).kind == "unreadable"


def test_a_root_is_slash_for_names_and_links(tmp_path: Path) -> None:
    (tmp_path / "etc" / "ssl").mkdir(parents=True)
    (tmp_path / "etc" / "ssl" / "cert.pem").write_text("pem")
    (tmp_path / "etc" / "link").symlink_to("/etc/ssl/cert.pem")
    files = Files((str(tmp_path),), str(tmp_path), (("/", str(tmp_path)),))
    assert files.read("/etc/ssl/cert.pem").path == "etc/ssl/cert.pem"
    assert files.read("/etc/link").data == b"pem"
    assert files.read("/../../etc/ssl/cert.pem").data == b"pem"
    assert files.logical(str(tmp_path / "etc")) == "/etc"
    assert files.names("/etc") == ["link", "ssl"]


def test_a_mount_finds_what_a_copy_includes(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "ports.conf").write_text("Listen 80\n")
    files = Files((str(tmp_path),), str(tmp_path)).mounted("/", str(tmp_path), complete_below="/web")
    assert files.read("/web/ports.conf").path == "web/ports.conf"
    assert files.kind("/web/gone.conf") == "missing"
    assert files.kind("/etc/ssl/certs/www.pem") == "outside", "a copy of some files tells nothing of the rest"


def test_the_longest_name_of_a_mount_counts_whatever_it_is_mounted_from(tmp_path: Path) -> None:
    whole, part = tmp_path / "the-whole-host", tmp_path / "etc"
    for folder, text in ((whole / "etc", "whole"), (part, "part")):
        folder.mkdir(parents=True)
        (folder / "x.conf").write_text(text)
    files = Files((str(tmp_path),), str(tmp_path), (("/", str(whole)), ("/etc", str(part))))
    assert files.read("/etc/x.conf").data == b"part"
    assert files.logical(str(part / "x.conf")) == "/etc/x.conf"
    moved = files.mounted("/etc", str(whole / "etc"))
    assert moved.read("/etc/x.conf").data == b"whole"
    assert moved.logical(str(part / "x.conf")) == str(part / "x.conf"), "it has no name any more"


def test_what_is_listed_is_known(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("folder")
    files = Files((str(tmp_path),), str(tmp_path))
    assert files.names(str(tmp_path)) == ["file", "folder", "link"]
    assert [files.kind(str(tmp_path / name)) for name in ("file", "folder", "link")] == ["file", "directory", "directory"]


def test_a_file_of_any_size_is_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "sparse").open("wb") as stream:
        stream.truncate(128 * 1024 * 1024 + 1)
    files = Files((str(tmp_path),), str(tmp_path))
    assert problem(files, str(tmp_path / "sparse")).reason == "is larger than 128 MB"
    real, grows = os.read, tmp_path / "grows"

    def read(descriptor: int, size: int) -> bytes:
        with grows.open("ab") as stream:
            stream.write(next(pieces, b""))
        return real(descriptor, size)

    monkeypatch.setattr(door.os, "read", read)
    monkeypatch.setattr(door, "MAX_FILE_BYTES", 1024 * 1024)
    pieces = itertools.repeat(b"." * 100_000)
    grows.write_bytes(b".")
    assert problem(files, str(grows)).reason == "is larger than 1 MB", "somebody writes without end"
    pieces = iter([b".", b"."])
    grows.write_bytes(b".")
    assert files.read(str(grows)).data == b"..."


@pytest.mark.parametrize(
    ("mode", "above", "open_to_all"), [(0o644, 0o755, True), (0o644, 0o750, False), (0o640, 0o755, False), (0o604, 0o711, True)]
)
def test_who_can_reach_a_key(tmp_path: Path, mode: int, above: int, open_to_all: bool) -> None:
    """Its own mode, and those of the folders it lies in below the scanned one."""
    key = tmp_path / "above" / "archive" / "privkey1.pem"
    key.parent.mkdir(parents=True)
    key.write_text("")
    key.parent.chmod(0o755)
    key.parent.parent.chmod(above)
    key.chmod(mode)
    found = Files((str(tmp_path),), str(tmp_path)).key_file(str(key))
    assert found is not None
    assert (found.mode, found.open_to_all) == (mode, open_to_all)


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert problem(Files((str(tmp_path),), str(tmp_path)), str(tmp_path / "socket")).reason == "no such device or address"
    os.mkfifo(tmp_path / "fifo")
    files = Files((str(tmp_path),), str(tmp_path))
    assert problem(files, str(tmp_path / "fifo")).reason == "is not a regular file"
    assert problem(files, str(tmp_path)).kind == "unreadable"
    assert files.kind(str(tmp_path / "fifo")) == "other"
    assert problem(files, str(tmp_path / "a\0b")).kind == "missing"


def test_an_overlay_stands_for_a_file(tmp_path: Path) -> None:
    files = Files((str(tmp_path),), str(tmp_path))
    files.overlay(str(tmp_path / "main.cf"), b"text")
    assert files.read(str(tmp_path / "main.cf")).data == b"text"
    assert files.kind(str(tmp_path / "main.cf")) == "file"
    assert files.names(str(tmp_path)) == ["main.cf"]


def test_an_overlay_still_stands_for_a_file_where_others_are_edited(tmp_path: Path) -> None:
    files = Files((str(tmp_path),), str(tmp_path))
    files.overlay(str(tmp_path / "imapd-ssl"), b"text")
    edited = files.edited({str(tmp_path / "imapd"): b"new"})
    assert [edited.kind(str(tmp_path / name)) for name in ("imapd-ssl", "imapd", "pop3d")] == ["file", "file", "missing"]


def test_walk_enters_no_links_and_no_version_control(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("")
    (tmp_path / "b" / "x").write_text("")
    (tmp_path / "a").write_text("")
    (tmp_path / "again").symlink_to(tmp_path)
    files = Files((str(tmp_path),), str(tmp_path))
    assert [os.path.relpath(path, tmp_path) for path in files.walk(str(tmp_path))] == ["a", "again", "b/x"]


def test_the_whole_disk_can_be_walked_but_not_the_kernels_part() -> None:
    walked = Files(("/",), "/").walk("/")
    assert next(walked).startswith("/")
    files = Files(("/",), "/")
    assert files.real("/") == "/"
    assert files.kind("/") == "directory"


def test_folders_that_are_called_like_the_kernels_are_walked(tmp_path: Path) -> None:
    (tmp_path / "sys").mkdir()
    (tmp_path / "sys" / "main.cf").write_text("")
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "1").write_text("")
    assert list(Files((str(tmp_path),), "/").walk(str(tmp_path))) == [f"{tmp_path}/proc/1", f"{tmp_path}/sys/main.cf"]
    assert list(Files((str(tmp_path),), "/", (("/", str(tmp_path)),)).walk("/")) == []


def test_what_could_not_be_read_keeps_nothing_of_who_asked(tmp_path: Path) -> None:
    """An exception that is kept keeps the frames it went through, and whatever they had in hand: all of a server."""

    class Server:
        pass

    def asking(files: Files) -> "weakref.ref[Server]":
        server = Server()
        for path in ("/etc/shadow", str(tmp_path / "missing")):
            for _ in range(2):
                with contextlib.suppress(FileProblem):
                    files.read(path)
        return weakref.ref(server)

    files = Files((str(tmp_path),), str(tmp_path))
    server = asking(files)
    gc.collect()
    assert server() is None


@pytest.mark.parametrize(("place", "is_host"), [("/etc", True), ("/src", False), ("/", True)])
def test_a_copy_in_a_folder_of_the_first_level_is_no_host(place: str, is_host: bool, tmp_path: Path) -> None:
    """A repository lies at `/src` in a container: includes that it leaves out were called missing, and servers down."""
    (tmp_path / "src").mkdir()
    files = Files((str(tmp_path),), str(tmp_path), ((place, str(tmp_path)),))
    assert files.has_host_at(f"{place.rstrip('/')}/src/conf.d/x.conf") is is_host
    assert not files.has_host_at("/var/lib/x")
