"""What the strict serializers promise to those who write one; what they promise clients is tested through the API."""

from itertools import chain, combinations

import pytest

from sweets_store.serializers import IdField, StrictField, StrictSerializer


class Pair(StrictSerializer):
    left = IdField()
    right = IdField()


@pytest.mark.parametrize("partial", [False, True])
def test_missing_and_unknown_fields_are_named_in_every_mixture(partial):
    names = ("left", "right", "up", "down")
    for sent in chain.from_iterable(combinations(names, count) for count in range(5)):
        values = {}

        faults = Pair.faults_of(dict.fromkeys(sent, 1), values, partial=partial)

        missing = {} if partial else {name: "is required" for name in ("left", "right") if name not in sent}
        unknown = {name: "is unknown; known: left, right" for name in ("up", "down") if name in sent}
        assert faults == missing | unknown
        assert values == {name: 1 for name in ("left", "right") if name in sent}


def test_a_field_that_fails_is_not_taken_for_a_missing_one():
    class FailingField(StrictField):
        def to_internal_value(self, value):
            return {}[value]

    class Failing(StrictSerializer):
        field = FailingField()

    with pytest.raises(KeyError):
        Failing.checked({"field": 1})


def test_a_strict_serializer_refuses_to_be_used_in_another_way():
    for serializer in (Pair(data={"left": 0}), Pair(data=[{"left": 0}], many=True)):
        with pytest.raises(NotImplementedError, match="checks by `checked`"):
            serializer.is_valid()
