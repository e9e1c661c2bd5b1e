"""Who orders what was found anew."""

from rag_server.composition.parts import Parts
from rag_server.core.errors import PreconditionFailed
from rag_server.core.protocols import Completion, PairScorer
from rag_server.rerankers import Materials, Rerankers
from rag_server.settings import Settings, SettingsError


def load_cross_encoder(settings: Settings) -> PairScorer | None:
    """None where none is configured. Raises SettingsError where it cannot be loaded."""
    asked = settings.reranking
    if asked.cross_encoder_directory is None:
        return None
    # Imported here: most servers have none.
    from rag_server.rerankers.pair_model import load_pair_model

    try:
        return load_pair_model(asked.cross_encoder_directory, asked.cross_encoder_sha256)
    except PreconditionFailed as error:
        raise SettingsError(f"setting reranking.cross_encoder_directory: {error}") from None


def rerankers(parts: Parts, completion: Completion) -> Rerankers:
    """All of them, as far as the server is set up for each."""
    return Rerankers(Materials(completion, parts.pairs, parts.plugins.rerankers))
