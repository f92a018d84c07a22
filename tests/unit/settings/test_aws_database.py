"""Settings of Amazon RDS that are refused, each with the exact problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from components.postgres.rds import certificates
from stacks.settings import Problem
from stacks.settings.machinery.problems import show
from tests.support.configurations import (
    bad,
    problem,
    problems,
    rds,
)

BAD = [
    bad(
        "RDS without an EKS cluster",
        {"database": {"engine": "rds"}, "secrets": {"protect": True}},
        problem(
            "database.engine",
            '"rds"',
            "needs an EKS cluster (cluster.eksName): the instance lives in the cluster's VPC",
            "",
        ),
    ),
    *(
        bad(
            f"certificates of RDS that are {what}",
            rds(rootCertificates=text),
            problem(
                "database.rootCertificates",
                show(text),
                "must be PEM certificates, one of them of the authority rds-ca-rsa2048-g1 "
                "(Amazon RDS REGION Root CA RSA2048 G1)",
                "",
            ),
        )
        for what, text in {
            "a path": "/etc/ssl/rds.pem",
            "no base64": "-----BEGIN CERTIFICATE-----\n=A=\n-----END CERTIFICATE-----\n",
            "of another authority": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        }.items()
    ),
    bad(
        "an instance class of a family that is not known",
        rds(instanceClass="db.m7gd.xlarge"),
        problem(
            "database.instanceClass",
            '"db.m7gd.xlarge"',
            "is not among the classes whose max_connections is known: t3, t4g, m5, "
            "m6g, m6i, m7g, m7i, m8g, r5, r6g, r6i, r7g, r7i, r8g in their sizes "
            "up to 24xlarge (components/postgres/rds/sizes.py)",
            "",
        ),
    ),
    bad(
        "an instance class of a size that the family does not have",
        rds(instanceClass="db.t4g.24xlarge"),
        problem(
            "database.instanceClass",
            '"db.t4g.24xlarge"',
            "is not among the classes whose max_connections is known: t3, t4g, m5, "
            "m6g, m6i, m7g, m7i, m8g, r5, r6g, r6i, r7g, r7i, r8g in their sizes "
            "up to 24xlarge (components/postgres/rds/sizes.py)",
            "",
        ),
    ),
    bad(
        "an instance class of letters",
        rds(instanceClass="db.serverless"),
        problem(
            "database.instanceClass",
            '"db.serverless"',
            "must be an RDS instance class such as 'db.t4g.medium'",
            "",
        ),
    ),
    bad(
        "storage below the least",
        rds(storageGiB=10),
        problem(
            "database.storageGiB",
            "10",
            "must be greater than or equal to 20",
            "",
        ),
    ),
    bad(
        "storage above the most",
        rds(storageGiB=70000),
        problem(
            "database.storageGiB",
            "70000",
            "must be less than or equal to 65536",
            "",
        ),
    ),
    bad(
        "IOPS below 400 GiB",
        rds(storageGiB=399, iops=12000),
        problem(
            "database.iops",
            "12000",
            "can be chosen from 400 GiB on, and database.storageGiB is 399; below, "
            "gp3 has 3000 IOPS and 125 MiB/s",
            "",
        ),
    ),
    bad(
        "throughput below 400 GiB",
        rds(throughputMiBps=500),
        problem(
            "database.throughputMiBps",
            "500",
            "can be chosen from 400 GiB on, and database.storageGiB is 100; below, "
            "gp3 has 3000 IOPS and 125 MiB/s",
            "",
        ),
    ),
    bad(
        "IOPS below the least",
        rds(storageGiB=400, iops=3000),
        problem(
            "database.iops",
            "3000",
            "must be greater than or equal to 12000",
            "",
        ),
    ),
    bad(
        "IOPS above the most",
        rds(storageGiB=400, iops=64001),
        problem(
            "database.iops",
            "64001",
            "must be less than or equal to 64000",
            "",
        ),
    ),
    bad(
        "throughput above the most",
        rds(storageGiB=400, iops=64000, throughputMiBps=4001),
        problem(
            "database.throughputMiBps",
            "4001",
            "must be less than or equal to 4000",
            "",
        ),
    ),
    bad(
        "more throughput than the IOPS that come with it",
        rds(storageGiB=400, throughputMiBps=3001),
        problem(
            "database.throughputMiBps",
            "3001",
            "must be at most 3000: a quarter of the IOPS, 12000",
            "",
        ),
    ),
    bad(
        "more throughput than the chosen IOPS",
        rds(storageGiB=400, iops=13000, throughputMiBps=3500),
        problem(
            "database.throughputMiBps",
            "3500",
            "must be at most 3250: a quarter of the IOPS, 13000",
            "",
        ),
    ),
    bad(
        "less than 10 % to grow",
        rds(storageGiB=100, maxStorageGiB=109),
        problem(
            "database.maxStorageGiB",
            "109",
            "must be at least 10 % above database.storageGiB, which is 100; AWS advises 26 %",
            "",
        ),
    ),
    bad(
        "a limit below the size",
        rds(storageGiB=500, maxStorageGiB=100),
        problem(
            "database.maxStorageGiB",
            "100",
            "must be at least 10 % above database.storageGiB, which is 500; AWS advises 26 %",
            "",
        ),
    ),
    bad(
        "no room to grow at all",
        rds(storageGiB=65000, maxStorageGiB=65536),
        problem(
            "database.maxStorageGiB",
            "65536",
            "must be at least 10 % above database.storageGiB, which is 65000; AWS advises 26 %",
            "",
        ),
    ),
    bad(
        "no backups of a protected database",
        rds(backupDays=0),
        problem(
            "database.backupDays",
            "0",
            "must not be 0 with database.protect: without backups there is no way back",
            "pulumi config set --path @database.backupDays 14",
        ),
    ),
    bad(
        "more days of backups than RDS keeps",
        rds(backupDays=36),
        problem(
            "database.backupDays",
            "36",
            "must be less than or equal to 35",
            "",
        ),
    ),
    bad(
        "a backup window of an instant",
        rds(backupWindow="17:00-17:00"),
        problem(
            "database.backupWindow",
            '"17:00-17:00"',
            "must be at least 30 minutes long, and is 0",
            "",
        ),
    ),
    bad(
        "a backup window that is too short",
        rds(backupWindow="23:45-00:14"),
        problem(
            "database.backupWindow",
            '"23:45-00:14"',
            "must be at least 30 minutes long, and is 29",
            "",
        ),
    ),
    bad(
        "a maintenance window that is too short",
        rds(maintenanceWindow="sun:23:45-mon:00:10"),
        problem(
            "database.maintenanceWindow",
            '"sun:23:45-mon:00:10"',
            "must be at least 30 minutes long, and is 25",
            "",
        ),
    ),
    bad(
        "a maintenance window of a day",
        rds(maintenanceWindow="sun:18:30-mon:18:30"),
        problem(
            "database.maintenanceWindow",
            '"sun:18:30-mon:18:30"',
            "must be shorter than 24 hours, and is 24",
            "",
        ),
    ),
    bad(
        "a maintenance window that ends before it begins",
        rds(maintenanceWindow="sun:19:30-sun:18:30"),
        problem(
            "database.maintenanceWindow",
            '"sun:19:30-sun:18:30"',
            "must be shorter than 24 hours, and is 167",
            "",
        ),
    ),
    bad(
        "a maintenance window at the time of the backup",
        rds(maintenanceWindow="wed:17:30-wed:18:30"),
        problem(
            "database.maintenanceWindow",
            '"wed:17:30-wed:18:30"',
            "must not overlap database.backupWindow, which is 17:00-18:00 every day",
            "pulumi config set --path @database.backupWindow 19:00-20:00",
        ),
    ),
    bad(
        "windows that overlap after midnight",
        rds(backupWindow="23:30-00:30", maintenanceWindow="thu:00:00-thu:01:00"),
        problem(
            "database.maintenanceWindow",
            '"thu:00:00-thu:01:00"',
            "must not overlap database.backupWindow, which is 23:30-00:30 every day",
            "",
        ),
    ),
    bad(
        "windows that overlap at the turn of the week",
        rds(backupWindow="00:10-00:40", maintenanceWindow="sun:23:30-mon:00:30"),
        problem(
            "database.maintenanceWindow",
            '"sun:23:30-mon:00:30"',
            "must not overlap database.backupWindow, which is 00:10-00:40 every day",
            "",
        ),
    ),
    bad(
        "a backup window that leaves no time",
        rds(backupWindow="00:00-23:59"),
        problem(
            "database.maintenanceWindow",
            '"sun:18:30-sun:19:30"',
            "must not overlap database.backupWindow, which is 00:00-23:59 every day",
            "",
        ),
    ),
    bad(
        "a maintenance window around the backup of a day",
        rds(maintenanceWindow="sat:20:00-sun:19:00"),
        problem(
            "database.maintenanceWindow",
            '"sat:20:00-sun:19:00"',
            "must not overlap database.backupWindow, which is 17:00-18:00 every day",
            "",
        ),
    ),
    bad(
        "a malformed backup window",
        rds(backupWindow="5pm-6pm"),
        problem(
            "database.backupWindow",
            '"5pm-6pm"',
            "must be a daily window in UTC such as '17:00-18:00'",
            "pulumi config set --path @database.backupWindow 17:00-18:00",
        ),
    ),
    bad(
        "a malformed maintenance window",
        rds(maintenanceWindow="Sunday 18:30"),
        problem(
            "database.maintenanceWindow",
            '"Sunday 18:30"',
            "must be a weekly window in UTC such as 'sun:18:30-sun:19:30'",
            "",
        ),
    ),
    bad(
        "a restore from nothing",
        rds(restoreFrom={}),
        problem(
            "database.restoreFrom",
            "{}",
            "needs 'snapshot', or 'instance' and perhaps 'time'",
            "",
        ),
    ),
    bad(
        "a restore at a time of nothing",
        rds(restoreFrom={"time": "2026-11-01T09:30:00Z"}),
        problem(
            "database.restoreFrom",
            '{"time": "2026-11-01T09:30:00Z"}',
            "needs 'snapshot', or 'instance' and perhaps 'time'",
            "",
        ),
    ),
    bad(
        "a restore from two sources",
        rds(restoreFrom={"snapshot": "before-upgrade", "instance": "langfuse-1"}),
        problem(
            "database.restoreFrom.instance",
            '"langfuse-1"',
            "give either 'snapshot' or 'instance': a database starts from one of them",
            "",
        ),
    ),
    bad(
        "a restore from a snapshot at a time",
        rds(restoreFrom={"snapshot": "before-upgrade", "time": "2026-11-01T09:30:00Z"}),
        problem(
            "database.restoreFrom.time",
            '"2026-11-01T09:30:00Z"',
            "is a point in the time of 'instance'; a snapshot has its own",
            "",
        ),
    ),
    bad(
        "a restore from all at once",
        rds(restoreFrom={"snapshot": "a", "instance": "b", "time": "2026-11-01T09:30:00Z"}),
        problem(
            "database.restoreFrom.instance",
            '"b"',
            "give either 'snapshot' or 'instance': a database starts from one of them",
            "",
        ),
        problem(
            "database.restoreFrom.time",
            '"2026-11-01T09:30:00Z"',
            "is a point in the time of 'instance'; a snapshot has its own",
            "",
        ),
    ),
    bad(
        "a restore at a time of no zone",
        rds(restoreFrom={"instance": "b", "time": "2026-11-01 09:30"}),
        problem(
            "database.restoreFrom.time",
            '"2026-11-01 09:30"',
            "must be a time in UTC such as '2026-11-01T09:30:00Z'",
            "",
        ),
    ),
    bad(
        "a version without standard support",
        rds(version="13"),
        problem(
            "database.version",
            '"13"',
            "must be a major version in quotes, '14' to '17': AWS ended the "
            "standard support of 13 on 2026-02-28 and would upgrade it unasked, "
            "and Langfuse 2 was not tried with 18",
            "",
        ),
    ),
    bad(
        "a version that Langfuse 2 was not tried with",
        rds(version="18"),
        problem(
            "database.version",
            '"18"',
            "must be a major version in quotes, '14' to '17': AWS ended the "
            "standard support of 13 on 2026-02-28 and would upgrade it unasked, "
            "and Langfuse 2 was not tried with 18",
            "",
        ),
    ),
    bad(
        "a major upgrade that waits for the maintenance window",
        rds(allowMajorUpgrade=True),
        problem(
            "database.applyImmediately",
            "false",
            "must be true with database.allowMajorUpgrade: an upgrade that waits for the "
            "maintenance window would leave the old parameter group in use, and its deletion fails",
            "pulumi config set --path @database.applyImmediately true",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


def test_a_region_without_a_certificate_of_rds_says_where_to_get_it_and_no_other_region() -> None:
    assert problems({**rds(), "aws:region": "ap-northeast-9"}) == [
        Problem(
            "aws:region",
            '"ap-northeast-9"',
            "is not among the regions whose RDS certificate is shipped, and Langfuse verifies its "
            "connection with it: give AWS's bundle of the region as database.rootCertificates "
            "(https://truststore.pki.rds.amazonaws.com/ap-northeast-9/ap-northeast-9-bundle.pem; "
            "China and GovCloud: "
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html)",
            "",
        )
    ]


def test_a_region_whose_certificate_is_given_is_accepted() -> None:
    given = certificates.root_certificate("us-east-1")

    assert problems({**rds(rootCertificates=given), "aws:region": "ap-northeast-9"}) == []
