"""Typed settings from environment variables, checked once when the function starts."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

Level = Annotated[
    str,
    Meta(
        pattern=r"^(DEBUG|INFO|WARNING|ERROR)\Z",
        description="one of DEBUG, INFO, WARNING, ERROR",
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=128, description="1 to 128 characters")]
TableName = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_.-]{3,255}\Z", description="the name of a DynamoDB table"),
]
QueueUrl = Annotated[
    str,
    Meta(pattern=r"^https?://[!-~]+\Z", description="the URL of an SQS queue"),
]
ParameterPath = Annotated[
    str,
    Meta(
        pattern=r"^/[A-Za-z0-9_./-]*[A-Za-z0-9_.-]\Z",
        description="an SSM path such as /service/stage",
    ),
]
SecretId = Annotated[str, Meta(min_length=1, description="the ARN or name of a secret")]
Ratio = Annotated[float, Meta(ge=0, le=1, description="a number from 0 to 1")]


# The names that Powertools for AWS Lambda gives to variables of the same meaning.
_POWERTOOLS: Final = {
    "LOG_LEVEL": "POWERTOOLS_LOG_LEVEL",
    "LOG_SAMPLE_RATE": "POWERTOOLS_LOGGER_SAMPLE_RATE",
    "METRICS_NAMESPACE": "POWERTOOLS_METRICS_NAMESPACE",
    "SERVICE_NAME": "POWERTOOLS_SERVICE_NAME",
}


class SettingsError(Exception):
    """The environment does not describe a function that could run."""


class ServiceSettings(Struct, frozen=True, kw_only=True):
    """What every function of the service is given.

    Those that Powertools for AWS Lambda knows may have its names: POWERTOOLS_SERVICE_NAME,
    POWERTOOLS_METRICS_NAMESPACE, POWERTOOLS_LOG_LEVEL, POWERTOOLS_LOGGER_SAMPLE_RATE.
    """

    service_name: Name
    stage: Name
    service_version: Name
    metrics_namespace: Name
    log_level: Level = "INFO"
    log_sample_rate: Ratio = 0.0


def load[T: Struct](schema: type[T], environ: Mapping[str, str]) -> T:
    """Build `schema`, a Struct, from the variables named like its fields in upper case.

    Raises `SettingsError` naming every variable that is missing or bad, and its expected form.
    The values themselves are left out of the message: one of them may be a secret.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in msgspec.structs.fields(schema):
        variable = field.name.upper()
        if variable not in environ and _POWERTOOLS.get(variable, variable) in environ:
            variable = _POWERTOOLS[variable]
        expected = _expected(field.type)
        if variable not in environ:
            if field.required:
                faults.append(f"{variable} is missing: expected {expected}")
            continue
        try:
            values[field.name] = msgspec.convert(environ[variable], field.type, strict=False)
        except msgspec.ValidationError:
            faults.append(f"{variable} is not valid: expected {expected}")
    if faults:
        raise SettingsError("; ".join(faults))
    return schema(**values)


def _expected(annotation: Any) -> str:
    for meta in getattr(annotation, "__metadata__", ()):
        if isinstance(meta, Meta) and meta.description:
            return meta.description
    return str(getattr(annotation, "__name__", annotation))
