

def _caller(context: Any) -> str:
    """The token's subject, with its issuer: subjects are unique only there (OpenID Connect)."""
{% if api_type == 'http' %}
    claims = ((context.get("authorizer") or {}).get("jwt") or {}).get("claims") or {}
{% else %}
    claims = (context.get("authorizer") or {}).get("claims") or {}
{% endif %}
    return f"{claims['iss']}#{claims['sub']}" if claims.get("sub") else "anonymous"
