"""Packages that are published while faults are done."""

import uuid

from server import basic


def multipart(filename, content):
    boundary = uuid.uuid4().hex
    fields = {":action": "file_upload", "protocol_version": "1", "filetype": "bdist_wheel"}
    text = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
    text += (f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{filename}"\r\n'
             "Content-Type: application/octet-stream\r\n\r\n")
    return text.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def to_python(source, filename, content, token):
    """Method, path, headers, body: as twine does."""
    body, kind = multipart(filename, content)
    return "POST", f"/upload/pypi/{source}", basic("__token__", token) | {"Content-Type": kind}, body


def to_r(source, filename, content, token):
    return "POST", f"/__api__/sources/{source}/packages?filename={filename}", basic("__token__", token), content
