"""An identity provider on the emulator, for an API that asks for JSON Web Tokens."""

from __future__ import annotations

import uuid
from typing import Any

from lambda_workbench.cloudformation.documents import Template
from lambda_workbench.operate.stack import client
from lambda_workbench.project import project

ISSUER = "JwtIssuer"
AUDIENCE = "JwtAudience"
USER_POOL = "UserPoolArn"
SCOPE = "JwtScope"
_SCOPE = "aws.cognito.signin.user.admin"  # which a user's own access token has
_POOL = "local"
_PASSWORD = "Local-only-1"  # noqa: S105  # pragma: allowlist secret


def local_identity(template: Template, endpoint: str) -> dict[str, str]:
    """The parameters that name the provider, if the template has them."""
    if not {ISSUER, USER_POOL} & set(template.get("Parameters") or {}):
        return {}
    cognito = client("cognito-idp", endpoint)
    pool = _pool(cognito) or cognito.create_user_pool(PoolName=_POOL)["UserPool"]["Id"]
    app = _app(cognito, pool)
    issuer = f"https://cognito-idp.{project().region}.amazonaws.com/{pool}"
    arn = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["Arn"]
    return {ISSUER: issuer, AUDIENCE: app, USER_POOL: arn, SCOPE: _SCOPE}


def local_token(endpoint: str) -> str:
    """An access token of a new user, which the local API accepts."""
    cognito = client("cognito-idp", endpoint)
    pool = _pool(cognito)
    app = _app(cognito, pool)
    user = f"user-{uuid.uuid4()}"
    cognito.admin_create_user(UserPoolId=pool, Username=user, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=user, Password=_PASSWORD, Permanent=True
    )
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=app,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": _PASSWORD},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


def _pool(cognito: Any) -> str:
    pages = cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60})
    pools = [pool for page in pages for pool in page["UserPools"]]
    return next((pool["Id"] for pool in pools if pool["Name"] == _POOL), "")


def _app(cognito: Any, pool: str) -> str:
    pages = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool)
    apps = [app for page in pages for app in page["UserPoolClients"]]
    if apps:
        return str(apps[0]["ClientId"])
    created = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName=_POOL,
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    return str(created["UserPoolClient"]["ClientId"])
