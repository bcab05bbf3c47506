"""The chain, its heads and the access log, guarded from the first migration."""

from django.db import migrations, models

from holdspace.records.guards import append_only, stream_heads


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StreamHead",
            fields=[
                ("stream", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("clinic_id", models.UUIDField(db_index=True)),
                ("seq", models.PositiveBigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AccessEvent",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("clinic_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("membership_id", models.UUIDField(null=True)),
                ("user_label", models.CharField(blank=True, max_length=150)),
                ("patient_id", models.UUIDField(null=True)),
                ("what", models.CharField(max_length=32)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("agent", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["clinic_id", "at"], name="records_access_clinic_at"),
                    models.Index(fields=["patient_id", "at"], name="records_access_patient_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("clinic_id", models.UUIDField()),
                ("stream", models.CharField(max_length=64)),
                ("seq", models.PositiveBigIntegerField()),
                ("format", models.PositiveSmallIntegerField(default=1)),
                ("at", models.DateTimeField()),
                ("actor_id", models.UUIDField(null=True)),
                ("act", models.CharField(max_length=64)),
                ("subject_table", models.CharField(blank=True, max_length=63)),
                ("subject_id", models.UUIDField(db_index=True, null=True)),
                ("subject_digest", models.CharField(blank=True, max_length=64)),
                ("body", models.TextField(blank=True)),
                ("prev_hash", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stream", "seq"), name="records_entry_stream_seq"
                    )
                ],
            },
        ),
        append_only("records_entry"),
        append_only("records_accessevent"),
        stream_heads("records_streamhead"),
    ]
