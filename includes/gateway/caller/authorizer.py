

def _caller(context: Any) -> str:
    """Whom the authorizer function named."""
{% if api_type == 'http' %}
    said = (context.get("authorizer") or {}).get("lambda") or {}
{% else %}
    said = context.get("authorizer") or {}
{% endif %}
    return said.get("caller") or "anonymous"
