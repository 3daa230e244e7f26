"""YAML in which every key stands once: as with JSON (`json_once`), what says two things says nothing."""

from __future__ import annotations

from typing import Any

import yaml

try:  # an agreement is read in 3 ms instead of 21, by every command and at every cold start
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]  # another class, used alike


class _Once(SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            named = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else key
            if named in seen:
                raise yaml.constructor.ConstructorError(None, None, "a key stands twice", key.start_mark)
            seen.add(named)
        return super().construct_mapping(node, deep=deep)


def load_yaml_once(text: str) -> Any:
    """One YAML document. Raises `yaml.YAMLError` for what is none, and for one in which a key stands twice, with its
    line in `problem_mark`."""
    return yaml.load(text, Loader=_Once)  # noqa: S506 - a safe loader
