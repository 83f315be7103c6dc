

def _caller(context: Any) -> str:
    """Whom the authorizer function named."""
{% if api_type == 'http' %}
    said = (context.get("authorizer") or {}).get("lambda") or {}
{% else %}
    said = context.get("authorizer") or {}
{% endif %}
    if not said.get("caller"):
        raise UnknownCaller("the authorizer names no caller")
    return str(said["caller"])
