# Managed by the template: see docs/updating.md.
"""Texts and documents as nobody sends them who means well."""

import json

from hypothesis import strategies as st

LONG = 5_000

# With lone surrogates, which JSON can bring in.
texts = st.text(st.characters(codec=None)) | st.text(max_size=3).map(lambda text: text * LONG)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
).map(json.dumps)
deep = st.sampled_from(["[", '{"a":', '[{"lines":']).map(lambda text: text * LONG)
bodies = documents | deep | texts
