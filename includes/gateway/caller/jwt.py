

def _caller(context: Any) -> str:
    """The token's subject, with its issuer: subjects are unique only there (OpenID Connect).

    Some issuers leave the subject out. All their callers would be one, so they are refused.
    """
{% if api_type == 'http' %}
    claims = ((context.get("authorizer") or {}).get("jwt") or {}).get("claims") or {}
{% else %}
    claims = (context.get("authorizer") or {}).get("claims") or {}
{% endif %}
    if not claims.get("iss") or not claims.get("sub"):
        raise UnknownCaller("the token names no issuer and subject")
    return f"{claims['iss']}#{claims['sub']}"
