"""Names of people, organisations and places: the model that ships with ray-app, and those of other libraries."""

from __future__ import annotations

from collections.abc import Sequence

from ray_app.models.ner.finder import DefaultFinder, NameFinder
from ray_app.models.ner.manifest import DEFAULT_FOLDER, load_default
from ray_app.records import Mention
from ray_app.settings.names import NamesSettings

__all__ = ["NameFinder", "open_name_finder"]


class _NoFinder:
    """Finds nothing: names are not looked for."""

    name = "off"

    def find(self, texts: Sequence[str]) -> list[list[Mention]]:
        return [[] for _ in texts]


def open_name_finder(settings: NamesSettings) -> NameFinder:
    """The finder that the settings name.

    Raises ConfigurationError where a library or a model is not installed, and says what to install; ModelError where
    the weights that ship with ray-app are damaged.
    """
    library, _, model = settings.model.partition(":")
    if library == "off":
        return _NoFinder()
    if library == "spacy":
        from ray_app.models.ner.spacy_finder import SpacyFinder

        return SpacyFinder(model)
    if library == "transformers":
        from ray_app.models.ner.transformers_finder import TransformersFinder

        return TransformersFinder(model, settings.min_confidence)
    weights, manifest = load_default(DEFAULT_FOLDER)
    return DefaultFinder(weights, f"names-{manifest.version}", settings.min_confidence)
