"""The forms in which secrets are written: one table, in which each has a name and a pattern.

Part of the one detector, ``components/secrets/forms.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Form:
    """How one kind of secret looks."""

    name: str
    """With its article: ``an AWS access key``."""
    hints: tuple[str, ...]
    """A text without any of them, in lower case, has no such secret: most are told apart by these,
    so that a large text is not searched for each pattern."""
    pattern: re.Pattern[str]
    """The group ``secret`` is what must not be shown; what it begins with may be, if it is
    the group ``shown``: it tells keys apart."""


def _token(name: str, hints: str, pattern: str) -> Form:
    """A secret that is recognised by its first characters, wherever it is in a text."""
    compiled = re.compile(rf"(?<![A-Za-z0-9])(?P<secret>{pattern})")
    return Form(name, tuple(hints.split()), compiled)


# In place of a value: $VAR, $(VAR), ${VAR}, {{ value }}, %s, <password>, [secret], ****.
_PLACEHOLDER: Final = r"(?:\$[A-Za-z_({]|\{\{|%[sdv(]|<|\[secret\]|\*{3})"

FORMS: Final[tuple[Form, ...]] = (
    Form(
        "a private key",
        ("private key",),
        re.compile(
            r"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[\s\S]{0,20000}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            # cut off: the lines of the key that are there
            r"|(?:(?:\s|\\{1,4}[nr])[\s+~|>-]{0,20}(?:[A-Za-z0-9+/=]{40,}"
            r"|(?:[\w-]{4,20}: [\w,-]+|[A-Za-z0-9+/=]+)(?=[ \t]*(?:\n|\r|\\|[\"',]|$))))*))"
        ),
    ),
    _token("a private key", "age-secret-key-", r"AGE-SECRET-KEY-1[A-Z0-9]{20,}"),
    # Without its first and last line: what PKCS 8, PKCS 1 and SEC 1 begin with.
    _token(
        "a private key",
        "mii mig mhc",
        r"(?:MII[A-Za-z0-9+/]{2}[AQgw]IBA(?:DAN|AKC)|MIGHAgEAM|MHcCAQEE)[\w+/=-]{30,}",
    ),
    Form(
        "a private key",
        ("private-lines:",),
        re.compile(
            r"Private-Lines: \d+\s+(?P<secret>[A-Za-z0-9+/=\s]{20,}?)(?=\s*(?:Private-MAC|$))"
        ),
    ),
    Form(
        "a URL with a password",
        ("//",),
        # Up to the last @ of the word: a password may hold one, and a slash. A port has none. That
        # there is one is asked first, in one pass.
        re.compile(
            rf"(?:://|(?<![^\s'\"=])//)[^\s:/@'\"]{{0,200}}:(?!{_PLACEHOLDER}|x-oauth-basic@|\d{{1,5}}[/,])"
            r"(?=[^\s@]{1,800}+@)(?P<secret>[^\s'\"]{1,400}(?:'(?=\w)[^\s'\"]{1,200}){0,2})@"
        ),
    ),
    Form(
        "a URL with a password",
        ("%3a%2f%2f", "jdbc:oracle:"),
        re.compile(
            r"(?i)(?:%3A%2F%2F[^\s%]{0,200}%3A|jdbc:oracle:\w+:[^\s/@]{1,100}/)"
            rf"(?!{_PLACEHOLDER})(?P<secret>(?:(?!%40)[^\s@'\"]){{1,400}}+)(?:%40|@)"
        ),
    ),
    Form(
        "a URL with a token",
        ("://",),
        re.compile(
            r"://(?P<secret>(?=[^\s/@:]{0,400}\d)[\w.~-]{20,400})(?::x-oauth-basic)?@(?=[\w-])"
        ),
    ),
    Form(
        "a webhook's URL",
        ("https://",),
        re.compile(
            r"(?i)https://(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
            r"|(?:ptb\.|canary\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/"
            r"|[\w.-]+\.webhook\.office\.com/webhookb2/"
            r"|outlook\.office(?:365)?\.com/webhook/"
            r"|[\w.-]+\.logic\.azure\.com(?::443)?/workflows/"
            r"|chat\.googleapis\.com/v1/spaces/"
            r"|events\.pagerduty\.com/integration/"
            r"|api\.telegram\.org/bot|hooks\.zapier\.com/hooks/|hook\.[\w.]+\.make\.com/"
            r"|maker\.ifttt\.com/trigger/\w+/(?:json/)?with/key/"
            # Mattermost and Rocket.Chat, on hosts of anyone's
            r"|[\w.-]+(?::\d+)?/hooks/(?=[a-z0-9]{26}(?![\w.-])|[A-Za-z0-9]{17,24}/))"
            r"(?P<secret>[^\s'\"]{8,})"
        ),
    ),
    _token(
        "an AWS access key",
        "akia asia abia acca",
        r"(?P<shown>(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{4})[A-Z0-9]{12}(?![A-Za-z0-9])",
    ),
    _token(
        "an AWS session token", "iqojb3jpz2lu fwogzxiv", r"(?:IQoJb3JpZ2lu|FwoGZXIv)[\w+/=]{40,}"
    ),
    _token("an AWS API key", "absk", r"ABSK[\w+/=]{60,}"),
    _token("a Langfuse secret key", "sk-lf-", r"(?P<shown>sk-lf-)[\w-]+"),
    _token("a LangSmith key", "lsv2_ ls__", r"(?P<shown>lsv2_(?:sk|pt)_|ls__)\w{6,}"),
    _token("an Anthropic key", "sk-ant-", r"sk-ant-[\w-]{8,}"),
    _token(
        "an OpenAI key",
        "sk-",
        r"sk-(?!lf-|ant-)(?:proj-|svcacct-|admin-|None-)?(?=[\w-]{0,200}\d)[A-Za-z0-9_-]{20,}",
    ),
    _token(
        "a GitHub token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"(?:gh[pousr]_\w{16,}|github_pat_\w{16,})",
    ),
    _token(
        "a GitLab token",
        "glpat- gldt- glrt- glptt- glcbt- gloas- glsoat- glft- glagent-",
        r"gl(?:pat|dt|rt|ptt|cbt|oas|soat|ft|agent)-[\w.-]{16,}",
    ),
    _token(
        "a Slack token",
        "xox xapp-",
        r"(?:xox[abceprs](?:\.xox[bp])?-[\w-]{10,}|xapp-\d-[\w-]{10,})",
    ),
    _token("a Google API key", "aiza", r"AIza[\w-]{35}"),
    _token(
        "a Google token",
        "ya29. gocspx- 1//0",
        r"(?:ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|1//0[\w-]{40,})",
    ),
    _token("an Azure secret", "q~", r"[\w.~-]{3}\dQ~[\w.~-]{31,34}"),
    _token("a Bitbucket token", "atbb atctt3", r"(?:ATBB[\w=-]{28,}|ATCTT3[\w=-]{28,})"),
    _token("a Cloudflare key", "v1.0-", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}"),
    _token("a Fly token", "fm2_ fo1_", r"f(?:m2|o1)_[\w+/=,-]{30,}"),
    _token("a Heroku key", "hrku-", r"HRKU-[\w-]{30,}"),
    _token("a Notion token", "ntn_ secret_", r"(?:ntn_\w{40,}|secret_[A-Za-z0-9]{43}(?!\w))"),
    _token("a Discord token", ".", r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}"),
    _token("a Mapbox token", "sk.eyj", r"sk\.eyJ[\w-]{8,}\.[\w-]{16,}"),
    _token("an Airtable token", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    _token("a Doppler token", "dp.", r"dp\.(?:pt|st|sa|ct|scim|audit)\.[\w.-]{30,}"),
    _token("a 1Password token", "ops_eyj", r"ops_eyJ[\w+/=-]{50,}"),
    _token("an Artifactory token", "akcp8 cmvmdgtu", r"(?:AKCp8|cmVmdGtu)\w{40,}"),
    _token("a SonarQube token", "sqp_ squ_ sqa_", r"sq[pua]_[0-9a-f]{40}"),
    _token("a Sentry token", "sntrys_ sntryu_", r"sntry[su]_[\w+/=]{40,}"),
    _token("a PlanetScale token", "pscale_", r"pscale_(?:pw|tkn|oauth)_[\w.-]{30,}"),
    _token("a Supabase key", "sbp_ sb_secret_", r"(?:sbp_[0-9a-f]{40}|sb_secret_[\w-]{20,})"),
    _token("a Tailscale key", "tskey-", r"tskey-[a-z]+-[\w-]{10,}"),
    _token("an Alibaba Cloud key", "ltai", r"LTAI[A-Za-z0-9]{12,20}(?![A-Za-z0-9])"),
    _token("a Square token", "sq0atp- sq0csp-", r"sq0(?:atp|csp)-[\w-]{22,}"),
    _token(
        "a key of a model's provider",
        "pplx- gsk_ xai- r8_ nvapi- tvly- pcsk_ jina_ fw_",
        r"(?:pplx-\w{32,}|gsk_\w{40,}|xai-\w{60,}|r8_\w{30,}|nvapi-[\w-]{50,}"
        r"|tvly-[\w-]{20,}|pcsk_\w{40,}|jina_\w{40,}|fw_[A-Za-z0-9]{20,})",
    ),
    _token(
        "a token of a build service",
        "bkua_ bkaj_ ccipat_ cciprj_ rubygems_ cio pmak- figd_ phx_",
        r"(?:bk(?:ua|aj)_[0-9a-f]{40}|CCI(?:PAT|PRJ)_\w{30,}|rubygems_[0-9a-f]{48}"
        r"|cio[A-Za-z0-9]{32}(?!\w)|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|figd_[\w-]{30,}|phx_\w{40,})",
    ),
    _token("a Stripe key", "sk_ rk_ whsec_", r"(?:[sr]k_(?:live|test)_\w{10,}|whsec_[\w+/=]{20,})"),
    _token("an npm token", "npm_", r"npm_\w{30,}"),
    _token("a PyPI token", "pypi-", r"pypi-[\w-]{30,}"),
    _token("a Docker token", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,}"),
    _token("a Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{20,}"),
    _token("a Pulumi token", "pul-", r"pul-[0-9a-f]{30,}"),
    _token("a Terraform token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}"),
    _token(
        "a Vault token",
        "hvs. hvb. hvr. s.",
        r"(?:hv[sbr]\.[\w-]{20,}"
        r"|s\.(?=[A-Za-z]*\d)(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{24}(?![\w.-]))",
    ),
    _token("a Grafana token", "glsa_ glc_", r"gl(?:sa|c)_[\w+/=]{20,}"),
    _token("a Databricks token", "dapi", r"dapi[0-9a-f]{32}"),
    _token("a DigitalOcean token", "_v1_", r"do[opr]_v1_[0-9a-f]{40,}"),
    _token("a SendGrid key", "sg.", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    _token("a Mailgun key", "key-", r"key-[0-9a-f]{32}"),
    _token("a Twilio key", "sk", r"SK[0-9a-f]{32}"),
    _token("a Telegram token", ":aa", r"\d{8,10}:AA[\w-]{30,}"),
    _token("a Shopify token", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{30,}"),
    _token("a Linear key", "lin_", r"lin_(?:api|oauth)_\w{20,}"),
    _token("an Atlassian token", "atatt3", r"ATATT3[\w=-]{30,}"),
    _token("a New Relic key", "nrak-", r"NRAK-[A-Z0-9]{20,}"),
    _token("a JSON Web Token", "eyj", r"eyJ[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*){1,3}"),
    Form(
        "an authorization header",
        ("bearer", "basic", "geniekey"),
        re.compile(
            # %20: as in OTEL_EXPORTER_OTLP_HEADERS
            rf"(?i)\b(?:bearer|basic|geniekey)(?:\s{{1,4}}|%(?:25)?20)(?!{_PLACEHOLDER})"
            r"(?P<secret>(?=[\w+/=.~%-]{0,200}[\d+/=%])[\w+/=.~%-]{8,})"
        ),
    ),
    Form(
        "an account key",
        ("accountkey=", "sharedaccesskey="),
        re.compile(r"(?i)\b(?:AccountKey|SharedAccessKey)=(?P<secret>[\w+/=]{16,})"),
    ),
    Form("a shared access signature", ("sig=",), re.compile(r"[?&]sig=(?P<secret>[\w%+/=]{16,})")),
    Form(
        "a URL with a key",
        ("key=", "code=", "signature=", "sign=", "hmac=", "auth="),
        re.compile(
            r"(?i)[?&](?:key|code|signature|sign|hmac|auth)="
            r"(?P<secret>(?=[^\s&]{0,200}\d)[\w%+/=~-]{20,})"
        ),
    ),
    Form(
        "a signature",
        ("aws4-hmac-sha256",),
        re.compile(r"AWS4-HMAC-SHA256[^\n]{0,400}?\bSignature=(?P<secret>[0-9a-f]{64})"),
    ),
    Form(
        "a presigned URL",
        ("-signature=",),
        re.compile(r"(?i)[?&]X-(?:Amz|Goog)-Signature=(?P<secret>[0-9a-f]{32,})"),
    ),
    Form(
        "a password for the registry",
        ('"auth"', "auth\\"),
        re.compile(r'"auth\\{0,3}"\s{0,4}:\s{0,4}\\{0,3}"(?P<secret>[\w+/=]{8,})\\{0,3}"'),
    ),
    Form(
        "the hash of a password",
        (
            *("$apr1$", "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$argon2"),
            *("{sha", "{ssha", "scram-sha-", "pbkdf2"),
        ),
        re.compile(
            r"(?P<secret>\$(?:apr1|1|5|6|y|2[aby]|argon2[id]{1,2}|pbkdf2-sha\d+)\$[\w./$=,+-]{20,}"
            r"|\{S?SHA\d*\}[\w+/=]{20,}|SCRAM-SHA-\d+\$\d+:[\w+/=$:]{8,}"
            r"|pbkdf2[_:]sha\d+[$:]\d+[$:][\w+/=$:.]{16,})"
        ),
    ),
    Form(
        "a line of a password file",
        ("login",),
        re.compile(
            rf"\b(?:login|account)\s+\S{{1,200}}\s+password\s+(?!{_PLACEHOLDER})(?P<secret>\S+)"
        ),
    ),
    Form(
        "a line of a password file",
        (":",),
        # host:port:database:user:password; no ARN with wildcards, of which a part has this form
        re.compile(
            r"(?<![\w.:/?*-])(?!arn:)[\w.*-]{1,200}:(?:\d{4,5}|\*):[\w*-]{1,63}:[\w*-]{1,63}:"
            rf"(?!{_PLACEHOLDER}|\*)(?P<secret>[^\s:,;'\"]+)"
        ),
    ),
    Form(
        "an SQL statement with a password",
        ("password", "identified"),
        re.compile(
            rf"(?i)\b(?:password|identified by)\s{{1,4}}'(?!{_PLACEHOLDER})(?P<secret>[^']+)'"
        ),
    ),
    Form(
        "a user with a password",
        ("-u", "-a", "-p", "--user"),
        # curl -u user:password, and the options of redis-cli, mysql, sshpass, docker login. A pair
        # of numbers is a user with a group.
        re.compile(
            rf"(?:(?:^|\s)(?:(?:-u|--user)[= ]\s{{0,4}}['\"]?(?!\d+:\d+(?:\s|$))[^\s:'\"]{{1,100}}:"
            rf"|curl\s(?:[^\n]{{0,100}}\s)?-u[^\s:'\"-][^\s:'\"]{{0,99}}:"
            rf"|redis-cli\s(?:[^\n]{{0,100}}\s)?-a\s{{1,4}}"
            rf"|(?:mysql\w*|mariadb[\w-]*)\s(?:[^\n]{{0,100}}\s)?-p|sshpass\s{{1,4}}-p\s{{0,4}}"
            rf"|login\s(?:[^\n]{{0,100}}\s)?-p\s{{1,4}}))"
            rf"['\"]?(?!{_PLACEHOLDER})(?P<secret>[^\s'\"]+)"
        ),
    ),
    Form(
        "a secret on standard input",
        ("--password-stdin",),
        re.compile(
            r"(?:echo|printf)\s(?:-\w+\s|['\"]?%s['\"]?\s)?['\"]?(?!\$)(?P<secret>[^\s'\"|]+)"
            r"['\"]?\s*\|[^\n|]{0,200}--password-stdin"
        ),
    ),
    Form(
        "a secret of Pulumi's",
        ("config set",),
        re.compile(
            r"config set\s(?=[^\n]{0,400}--secret(?:\s|$))"
            r"(?:\s*(?:(?:-s|--stack|-C|--cwd|--type)[ =]\S+|--?[A-Za-z-]+)(?=\s))*\s*"
            # On the same line: what begins the next one is no value.
            rf"(?!-)['\"]?[\w.:\[\]-]+['\"]?(?:[ \t]|\\\n)+(?!-|&|\s|\\\n|{_PLACEHOLDER})"
            r"(?P<secret>'[^'\n]+'|\"[^\"\n]+\"|\S+)"
        ),
    ),
)
"""Every form that is known, the special ones before the general ones."""
