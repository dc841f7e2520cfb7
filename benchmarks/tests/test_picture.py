import json

from benchmarks import picture


def uniform(store, size, milliseconds, old_way):
    limits = [{"name": "bare SQL", "values": [1]}, {"name": "the old way", "values": [old_way]}]
    return {"name": f"uniform, {size:,} open", "store": store, "median": milliseconds, "limits": limits}


def test_shows_ours_and_the_old_way_of_each_database(tmp_path):
    figures = [uniform(store, size, 3, size / 100) for store in ("PostgreSQL", "SQLite") for size in (1_000, 100_000)]
    other = {"name": "one region holds everything, 1,000 open", "store": "SQLite", "median": 9, "limits": []}
    (tmp_path / "figures.json").write_text(json.dumps({"figures": [*figures, other]}))

    picture.main(str(tmp_path / "figures.json"), str(tmp_path / "drawn.svg"))

    drawn = (tmp_path / "drawn.svg").read_text()
    for line in (picture.OURS, picture.THE_OLD_WAY):
        assert f"{line}, PostgreSQL" in drawn
        assert f"{line}, SQLite" in drawn
    assert "100,000" in drawn


def test_lines_are_in_milliseconds_by_open_orders():
    lines = picture.lines_of([uniform("SQLite", 1_000, 3, 10), uniform("SQLite", 10_000, 4, 100)])

    assert lines == {
        ("SQLite", picture.OURS): {1_000: 3, 10_000: 4},
        ("SQLite", picture.THE_OLD_WAY): {1_000: 10, 10_000: 100},
    }
