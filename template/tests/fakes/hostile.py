# Managed by the template: see docs/updating.md.
"""Texts and documents as nobody sends them who means well."""

import json

from hypothesis import strategies as st

_LONG = 2_500
_short = st.text(st.characters(codec=None))  # with lone surrogates, which JSON can bring in
_long = st.sampled_from(["x", "é", "\n", '"', "\ud800"]).map(lambda letter: letter * _LONG)

texts = _short | _long
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
).map(json.dumps)
deep = st.sampled_from(["[", '{"a":', '[{"lines":']).map(lambda text: text * _LONG)
bodies = documents | deep | texts
