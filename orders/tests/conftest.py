import pytest


@pytest.fixture
def file(tmp_path):
    """Write a file and return its path."""

    def write(content, file_format="ndjson"):
        path = tmp_path / f"orders.{file_format}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
