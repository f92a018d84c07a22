"""The subnets of every size of VPC. Does not prove that AWS takes them."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest

from components.platform import cidr_plan
from components.platform.cidr_plan import LARGEST, LETTERS, SMALLEST, Zone, plan

ZONES = [f"ap-northeast-2{letter}" for letter in LETTERS]
SIZES = range(LARGEST, SMALLEST + 1)
VPCS = [
    f"{base}/{prefix}" for prefix in SIZES for base in ("10.20.0.0", "172.31.0.0", "192.168.0.0")
]


def networks(cidr: str) -> list[IPv4Network]:
    return [
        IPv4Network(text)
        for zone in plan(cidr, ZONES).values()
        for text in (zone.private, zone.public)
    ]


def test_the_subnets_of_the_example_are_these() -> None:
    assert plan("10.20.0.0/16", ["eu-west-1c", "eu-west-1a"]) == {
        "eu-west-1a": Zone(name="eu-west-1a", private="10.20.0.0/20", public="10.20.128.0/24"),
        "eu-west-1c": Zone(name="eu-west-1c", private="10.20.32.0/20", public="10.20.130.0/24"),
    }
    assert list(plan("10.20.0.0/16", ["eu-west-1c", "eu-west-1a"])) == ["eu-west-1a", "eu-west-1c"]


@pytest.mark.parametrize("cidr", VPCS)
def test_all_subnets_are_in_the_vpc_and_none_overlaps_another(cidr: str) -> None:
    made = networks(cidr)

    assert len(made) == 2 * len(LETTERS) == 16
    assert [network for network in made if not network.subnet_of(IPv4Network(cidr))] == []
    assert [pair for pair in combinations(made, 2) if pair[0].overlaps(pair[1])] == []


@pytest.mark.parametrize("cidr", VPCS)
def test_a_zone_has_a_sixteenth_for_pods_and_no_less_than_a_load_balancer_needs(cidr: str) -> None:
    size = IPv4Network(cidr).num_addresses

    for zone in plan(cidr, ZONES).values():
        assert IPv4Network(zone.private).num_addresses * 16 == size
        assert IPv4Network(zone.public).num_addresses * 256 == size
        assert IPv4Network(zone.public).prefixlen <= 27


@pytest.mark.parametrize("cidr", VPCS)
def test_half_of_what_is_public_and_private_stays_free(cidr: str) -> None:
    used = sum(network.num_addresses for network in networks(cidr))

    assert used * 32 == IPv4Network(cidr).num_addresses * 17


@pytest.mark.parametrize("cidr", VPCS)
def test_a_zone_keeps_its_subnets_whichever_others_there_are_and_in_any_order(cidr: str) -> None:
    whole = plan(cidr, ZONES)

    for chosen in combinations(ZONES, 2):
        assert plan(cidr, reversed(chosen)) == {zone: whole[zone] for zone in chosen}


@pytest.mark.parametrize("prefix", [8, LARGEST - 1, SMALLEST + 1, 28])
def test_a_vpc_of_another_size_is_refused(prefix: int) -> None:
    cidr = f"10.0.0.0/{prefix}"

    assert not cidr_plan.fits(cidr)
    with pytest.raises(ValueError, match=f"10.0.0.0/{prefix} is no network from /16 to /19"):
        plan(cidr, ZONES)


def test_a_zone_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="substring not found"):
        plan("10.0.0.0/16", ["us-east-1i"])
