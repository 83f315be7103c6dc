

def _caller(context: Any) -> str:
    """The id of the API key, which is no secret."""
    return (context.get("identity") or {}).get("apiKeyId") or "anonymous"
