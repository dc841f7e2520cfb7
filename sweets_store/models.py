from django.db import models


class KeptAnswer(models.Model):
    """What a write was answered that its client named by an `Idempotency-Key`; see `sweets_store/idempotency.py`.

    `status` is null while the write is going on, which no other transaction ever sees.
    """

    scope = models.CharField(max_length=64, help_text="Whose key it is; empty where the API is open.")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="Of the request: SHA-256, hexadecimal.")
    at = models.DateTimeField(db_index=True)
    status = models.SmallIntegerField(null=True)
    body = models.TextField()

    class Meta:
        db_table = "kept_answers"
        constraints = [models.UniqueConstraint(name="one_answer_per_key", fields=["scope", "key"])]

    def __str__(self) -> str:
        return self.key
