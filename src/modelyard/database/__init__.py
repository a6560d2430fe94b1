"""The SQL database: engine, migrations, and rows that hold nouns."""
