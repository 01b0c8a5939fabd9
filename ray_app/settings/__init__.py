"""Every setting of ray-app in one tree, built once by the entry point and passed down.

A value comes from the first of these that has it: an environment variable (`RAY_APP_<GROUP>__<FIELD>`,
for example `RAY_APP_SEARCH__FUSION=rrf`), the YAML file given by `--config`, the defaults below.
docs/reference/settings.md is generated from the descriptions.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self

import yaml
from platformdirs import user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from ray_app.errors import ConfigurationError
from ray_app.settings.group import Group
from ray_app.settings.languages import LanguageSettings
from ray_app.settings.names import NamesSettings
from ray_app.settings.places import OriginalsSettings, SourceSettings, StoreSettings
from ray_app.settings.privacy import PrivacySettings
from ray_app.settings.reading import (
    ChunkingSettings,
    ClassificationSettings,
    EmbeddingSettings,
    OcrSettings,
    PageSettings,
    ParsingSettings,
)
from ray_app.settings.service import (
    AnswerSettings,
    AuthSettings,
    ClientSettings,
    OidcSettings,
    SearchSettings,
    ServingSettings,
)
from ray_app.settings.work import (
    DeliverySettings,
    EventSettings,
    IngestSettings,
    JobSettings,
    LoggingSettings,
    RaySettings,
    SmtpSettings,
    UploadSettings,
)

__all__ = [
    "AnswerSettings",
    "AuthSettings",
    "ChunkingSettings",
    "ClassificationSettings",
    "ClientSettings",
    "DeliverySettings",
    "EmbeddingSettings",
    "EventSettings",
    "Group",
    "IngestSettings",
    "JobSettings",
    "LanguageSettings",
    "LoggingSettings",
    "NamesSettings",
    "OcrSettings",
    "OidcSettings",
    "OriginalsSettings",
    "PageSettings",
    "ParsingSettings",
    "PrivacySettings",
    "RaySettings",
    "SearchSettings",
    "ServingSettings",
    "Settings",
    "SmtpSettings",
    "SourceSettings",
    "StoreSettings",
    "UploadSettings",
]


class Settings(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(env_prefix="RAY_APP_", env_nested_delimiter="__", extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: user_data_path("ray-app"),
        description="Where the embedded index, models and runs live; on Linux, ~/.local/share/ray-app unless set.",
    )
    config_file: Path | None = Field(
        None, description="The YAML file with settings, as --config names it; jobs are handed it."
    )
    tenant: str = Field("default", min_length=1, description="Tenant of documents and searches.")
    tenant_fixed: bool = Field(
        False, description="Set for the process of a job: it works for its tenant only, whatever its arguments say."
    )
    store: StoreSettings = StoreSettings()
    sources: SourceSettings = SourceSettings()
    originals: OriginalsSettings = OriginalsSettings()
    uploads: UploadSettings = UploadSettings()
    pages: PageSettings = PageSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    parsing: ParsingSettings = ParsingSettings()
    languages: LanguageSettings = LanguageSettings()
    names: NamesSettings = NamesSettings()
    privacy: PrivacySettings = PrivacySettings()
    classification: ClassificationSettings = ClassificationSettings()
    ingest: IngestSettings = IngestSettings()
    search: SearchSettings = SearchSettings()
    answer: AnswerSettings = AnswerSettings()
    serving: ServingSettings = ServingSettings()
    auth: AuthSettings = AuthSettings()
    jobs: JobSettings = JobSettings()
    events: EventSettings = EventSettings()
    delivery: DeliverySettings = DeliverySettings()
    smtp: SmtpSettings = SmtpSettings()
    client: ClientSettings = ClientSettings()
    logging: LoggingSettings = LoggingSettings()
    ray: RaySettings = RaySettings()

    def of_tenant(self, tenant: str | None) -> Self:
        """These settings for another tenant; None leaves them. Raises ConfigurationError where it is fixed."""
        if tenant in (None, self.tenant):
            return self
        if self.tenant_fixed:
            raise ConfigurationError(f"this job works for the tenant {self.tenant!r}, not for {tenant!r}")
        return self.model_copy(update={"tenant": tenant})

    @property
    def index_dir(self) -> Path:
        """The embedded index."""
        return self.data_dir / "index"

    @property
    def settle_s(self) -> float:
        """How old events are before they are told; one process writes to an embedded index, and needs no wait."""
        return self.events.settle_s if self.store.url else 0.0

    @property
    def models_dir(self) -> Path:
        """Classifiers, and what is derived from embedding models."""
        return self.data_dir / "models"

    @property
    def originals_url(self) -> str:
        """Where copies of originals are kept."""
        return self.originals.url or str(self.data_dir / "originals")

    @property
    def runs_dir(self) -> Path:
        """The log files of runs."""
        return self.data_dir / "runs"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file: `load` hands the file's values in as initial ones."""
        key = os.environ.get("RAY_APP_API_KEY")
        short = InitSettingsSource(settings_cls, {"client": {"api_key": key}} if key else {})
        return env_settings, short, init_settings

    @classmethod
    def load(cls, config: Path | None = None) -> Self:
        """Reads environment and file. Raises ConfigurationError, naming the setting at fault."""
        named = config or os.environ.get("RAY_APP_CONFIG_FILE")
        path = Path(named).expanduser().absolute() if named else None
        values: dict[str, Any] = _read_yaml(path) if path else {}
        try:
            settings = cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise ConfigurationError(f"setting {name}: {first['msg']}") from error
        return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().absolute(), "config_file": path})


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigurationError(f"cannot read the settings file {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path} must hold a mapping of settings")
    return values
