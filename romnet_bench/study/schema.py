"""The three tables of a study's database, in SQL that SQLite and PostgreSQL both understand."""

import sqlalchemy as sa

metadata = sa.MetaData()

study = sa.Table(
    "study",
    metadata,
    sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True),
    sa.Column("definition", sa.Text, nullable=False),  # JSON of a Definition
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created", sa.String(32), nullable=False),  # ISO 8601, UTC
    sa.Column("secret", sa.String(64), nullable=False),  # hex; all keys are made with it
)

person = sa.Table(
    "study_person",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("seat", sa.Integer, nullable=False, unique=True),  # from 0: the place in the plan
    sa.Column("link_hash", sa.String(64), nullable=False, unique=True),  # SHA-256
    sa.Column("consent_hash", sa.String(64), nullable=False),  # of the text that was agreed to
    sqlite_autoincrement=True,  # who left and who joined then never have one number
)

answer = sa.Table(
    "study_answer",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "person_id",
        sa.ForeignKey("study_person.id", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("trial", sa.Integer, nullable=False),  # from 0, in the person's own order
    sa.Column("photo", sa.Text, nullable=False),
    sa.Column("check_result", sa.String(8), nullable=False),  # as Answer.check
    sa.Column("ranking", sa.Text, nullable=False),  # JSON: numbers of methods, best first
    sa.Column("seconds", sa.Double, nullable=False),
    sa.UniqueConstraint("person_id", "trial"),
)
