"""Versions of write-only values."""

from components.aws.write_only_version import version_of


def test_a_version_follows_from_the_value() -> None:
    assert version_of("a-password") == version_of("a-password") == 1778046642
    assert version_of("another-password") != version_of("a-password")


def test_a_version_is_a_positive_number_of_31_bits() -> None:
    versions = [version_of(f"value-{n}") for n in range(1000)]

    assert all(0 < version < 2**31 for version in versions)
    assert len(set(versions)) == 1000
