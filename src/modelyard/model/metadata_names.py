"""The fixed words of a model's metadata: frameworks, use cases, keys, categories and columns."""

from __future__ import annotations


class NamesType(type):
    """Let a class of names be asked for them: ``"spacy" in Framework``, ``Framework.values()``."""

    def keys(cls) -> list[str]:
        """Return the names of the constants."""
        return [name for name in vars(cls) if name.isupper()]

    def values(cls) -> list[str]:
        """Return the words that the constants stand for."""
        return [str(vars(cls)[name]) for name in cls.keys()]  # noqa: SIM118 (no mapping)

    def __contains__(cls, word: object) -> bool:
        return word in cls.values()


class Framework(str, metaclass=NamesType):
    """Name the library that trained a model."""

    __slots__ = ()

    BERT = "bert"
    CUML = "cuml"
    EMBEDDING_ONNX = "embedding_onnx"
    EMCEE = "emcee"
    ENSEMBLE = "ensemble"
    FLAIR = "flair"
    GENSIM = "gensim"
    H20 = "h2o"
    KERAS = "keras"
    LIGHT_GBM = "lightgbm"
    MXNET = "mxnet"
    NLTK = "nltk"
    ORACLE_AUTOML = "oracle_automl"
    OTHER = "other"
    PROPHET = "prophet"
    PYMC3 = "pymc3"
    PYOD = "pyod"
    PYSTAN = "pystan"
    PYTORCH = "pytorch"
    SCIKIT_LEARN = "scikit-learn"
    SKTIME = "sktime"
    SPACY = "spacy"
    SPARK = "pyspark"
    STATSMODELS = "statsmodels"
    TENSORFLOW = "tensorflow"
    TRANSFORMERS = "transformers"
    WORD2VEC = "word2vec"
    XGBOOST = "xgboost"


class UseCaseType(str, metaclass=NamesType):
    """Name what a model is for."""

    __slots__ = ()

    ANOMALY_DETECTION = "anomaly_detection"
    BINARY_CLASSIFICATION = "binary_classification"
    CLUSTERING = "clustering"
    DIMENSIONALITY_REDUCTION = "dimensionality_reduction/representation"
    IMAGE_CLASSIFICATION = "image_classification"
    MULTINOMIAL_CLASSIFICATION = "multinomial_classification"
    NER = "ner"
    OBJECT_LOCALIZATION = "object_localization"
    OTHER = "other"
    RECOMMENDER = "recommender"
    REGRESSION = "regression"
    SENTIMENT_ANALYSIS = "sentiment_analysis"
    TIME_SERIES_FORECASTING = "time_series_forecasting"
    TOPIC_MODELING = "topic_modeling"


class MetadataCustomCategory(str, metaclass=NamesType):
    """Name the group that an item of custom metadata belongs to."""

    __slots__ = ()

    OTHER = "Other"
    PERFORMANCE = "Performance"
    TRAINING_AND_VALIDATION_DATASETS = "Training and Validation Datasets"
    TRAINING_ENV = "Training Environment"
    TRAINING_PROFILE = "Training Profile"


class MetadataCustomKeys(str, metaclass=NamesType):
    """Name the items of custom metadata that are filled in for the user."""

    __slots__ = ()

    CLIENT_LIBRARY = "ClientLibrary"
    CONDA_ENVIRONMENT = "CondaEnvironment"
    CONDA_ENVIRONMENT_PATH = "CondaEnvironmentPath"
    ENVIRONMENT_TYPE = "EnvironmentType"
    MODEL_ARTIFACTS = "ModelArtifacts"
    MODEL_FILE_NAME = "ModelFileName"
    MODEL_SERIALIZATION_FORMAT = "ModelSerializationFormat"
    SLUG_NAME = "SlugName"
    TRAINING_DATASET = "TrainingDataset"
    TRAINING_DATASET_NUMBER_OF_COLS = "TrainingDatasetNumberOfCols"
    TRAINING_DATASET_NUMBER_OF_ROWS = "TrainingDatasetNumberOfRows"
    TRAINING_DATASET_SIZE = "TrainingDatasetSize"
    VALIDATION_DATASET = "ValidationDataset"
    VALIDATION_DATASET_NUMBER_OF_COLS = "ValidationDataSetNumberOfCols"  # as it is spelt in the reference
    VALIDATION_DATASET_NUMBER_OF_ROWS = "ValidationDatasetNumberOfRows"
    VALIDATION_DATASET_SIZE = "ValidationDatasetSize"


class MetadataTaxonomyKeys(str, metaclass=NamesType):
    """Name the items that every model's taxonomy has."""

    __slots__ = ()

    USE_CASE_TYPE = "UseCaseType"
    FRAMEWORK = "Framework"
    FRAMEWORK_VERSION = "FrameworkVersion"
    ALGORITHM = "Algorithm"
    HYPERPARAMETERS = "Hyperparameters"
    ARTIFACT_TEST_RESULT = "ArtifactTestResults"


class MetadataCustomPrintColumns(str, metaclass=NamesType):
    """Name the columns of custom metadata as a table."""

    __slots__ = ()

    KEY = "Key"
    VALUE = "Value"
    DESCRIPTION = "Description"
    CATEGORY = "Category"


class MetadataTaxonomyPrintColumns(str, metaclass=NamesType):
    """Name the columns of the taxonomy as a table."""

    __slots__ = ()

    KEY = "Key"
    VALUE = "Value"
