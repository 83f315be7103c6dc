

def _caller(context: Any) -> str:
    """An IAM user, a role in whichever session, or one identity of a Cognito pool.

    The users of an identity pool share a role and its session's name, and a role's session gets
    another name with every task, or with every renewal of its credentials.
    """
{% if api_type == 'http' %}
    signed = (context.get("authorizer") or {}).get("iam") or {}
    pooled = (signed.get("cognitoIdentity") or {}).get("identityId")
    principal: str = signed.get("userId") or "anonymous"
{% else %}
    signed = context.get("identity") or {}
    pooled = signed.get("cognitoIdentityId")
    principal: str = signed.get("caller") or "anonymous"
{% endif %}
    if pooled:
        return str(pooled)
    # AROA begins the id of a role, which a colon and the session's name follow:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    return principal.partition(":")[0] if principal.startswith("AROA") else principal
