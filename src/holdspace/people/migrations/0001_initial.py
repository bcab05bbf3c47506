"""The tables of people, scoped by clinic from the first migration."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import holdspace.people.models
import holdspace.records.keys
from holdspace.records.guards import erasable


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("records", "0001_initial"),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Clinic',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('timezone', models.CharField(max_length=60)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('crisis_lines', models.JSONField(default=holdspace.people.models.default_crisis_lines)),
                ('emergency_phone', models.CharField(default='911', max_length=40)),
                ('emergency_address', models.CharField(blank=True, max_length=300)),
                ('is_demo', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False, editable=False)),
                ('sign_in_epoch', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(null=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(blank=True, max_length=60)),
                ('started_on', models.DateField(null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='people.clinic')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('join', 'join the clinic'), ('first_sign_in', 'first sign-in'), ('recovery', 'start again after a lost factor')], max_length=14)),
                ('token_digest', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='people.membership')),
            ],
        ),
        migrations.CreateModel(
            name='FactorRecovery',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('requested_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('refused_at', models.DateTimeField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
            ],
        ),
        migrations.CreateModel(
            name='Credential',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('licence', 'licence'), ('dea', 'dea'), ('state_csr', 'state csr'), ('acls', 'acls'), ('bls', 'bls'), ('kap_training', 'kap training'), ('privilege', 'privilege'), ('specialty', 'specialty'), ('npi', 'npi'), ('supervision', 'supervision')], max_length=20)),
                ('number', models.CharField(blank=True, max_length=40)),
                ('state', models.CharField(blank=True, max_length=2)),
                ('discipline', models.CharField(blank=True, choices=[('MD', 'MD'), ('DO', 'DO'), ('NP', 'NP'), ('PA', 'PA'), ('RN', 'RN'), ('LCSW', 'LCSW'), ('LMFT', 'LMFT'), ('LPC', 'LPC'), ('LMHC', 'LMHC'), ('PSY', 'PSY')], max_length=6)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('issued_on', models.DateField(blank=True, null=True)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('registered_address', models.CharField(blank=True, max_length=300)),
                ('schedules', models.JSONField(blank=True, default=list)),
                ('verified_on', models.DateField(blank=True, null=True)),
                ('verification_source', models.CharField(blank=True, max_length=200)),
                ('added_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_because', models.CharField(blank=True, max_length=200)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credentials', to='people.membership')),
                ('verified_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
            ],
        ),
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('display_id', models.CharField(max_length=12)),
                ('name', models.CharField(max_length=120)),
                ('preferred_name', models.CharField(blank=True, max_length=60)),
                ('birth_date', models.DateField(blank=True, null=True)),
                ('sex_at_birth', models.CharField(blank=True, choices=[('female', 'female'), ('male', 'male'), ('intersex', 'intersex'), ('', 'not said')], max_length=10)),
                ('pronouns', models.CharField(blank=True, max_length=40)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('address', models.CharField(blank=True, max_length=300)),
                ('state', models.CharField(blank=True, max_length=2)),
                ('emergency_name', models.CharField(blank=True, max_length=120)),
                ('emergency_phone', models.CharField(blank=True, max_length=40)),
                ('emergency_relation', models.CharField(blank=True, max_length=60)),
                ('language', models.CharField(blank=True, max_length=40)),
                ('interpreter_needed', models.BooleanField(blank=True, null=True)),
                ('has_guardian', models.BooleanField(blank=True, null=True)),
                ('safe_contact', models.CharField(blank=True, choices=[('phone', 'phone call'), ('sms', 'text message'), ('email', 'e-mail'), ('post', 'post'), ('none', 'do not contact; the person contacts us')], max_length=6)),
                ('safe_contact_note', models.CharField(blank=True, max_length=200)),
                ('is_restricted', models.BooleanField(default=False)),
                ('name_key', models.CharField(db_index=True, editable=False, max_length=240)),
                ('phone_key', models.CharField(db_index=True, editable=False, max_length=40)),
                ('created_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='people.clinic')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
            ],
            options={
                'ordering': ['name_key', 'display_id'],
            },
        ),
        migrations.CreateModel(
            name='EmergencyAccess',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=500)),
                ('started_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('review_due_at', models.DateTimeField()),
                ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('justified', 'justified'), ('questioned', 'questioned: follow-up needed'), ('not_justified', 'not justified')], max_length=14)),
                ('review_note', models.CharField(blank=True, max_length=500)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.patient')),
            ],
        ),
        migrations.CreateModel(
            name='PatientRevision',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('salt', models.BinaryField(default=holdspace.records.keys.new_salt, max_length=32, null=True)),
                ('recorded_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('changes', models.JSONField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='people.patient')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RoleGrant',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('coordinator', 'coordinator'), ('therapist', 'therapist'), ('prescriber', 'prescriber'), ('session_clinician', 'session clinician'), ('medical_director', 'medical director'), ('register_custodian', 'register custodian'), ('reviewer', 'reviewer'), ('administrator', 'administrator')], max_length=30)),
                ('basis', models.CharField(choices=[('one_person', 'one person'), ('two_people', 'two people'), ('founding', 'the founding of the clinic')], max_length=12)),
                ('granted_at', models.DateTimeField()),
                ('second_granted_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='people.membership')),
                ('second_granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
            ],
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('address', models.CharField(max_length=300)),
                ('state', models.CharField(max_length=2)),
                ('dea_registered_address', models.CharField(blank=True, max_length=300)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='people.clinic')),
            ],
        ),
        migrations.CreateModel(
            name='TeamMember',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('added_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.membership')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='team', to='people.patient')),
            ],
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('clinic', 'user'), name='people_membership_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='factorrecovery',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('requested_by')), _negated=True), _connector='OR'), name='people_recovery_two_people'),
        ),
        migrations.AddConstraint(
            model_name='factorrecovery',
            constraint=models.CheckConstraint(condition=models.Q(('requested_by', models.F('membership')), _negated=True), name='people_recovery_not_by_its_owner'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['clinic', 'birth_date'], name='people_pati_clinic__acbb68_idx'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.UniqueConstraint(fields=('clinic', 'display_id'), name='people_patient_display_id_once'),
        ),
        migrations.AddConstraint(
            model_name='emergencyaccess',
            constraint=models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(('reviewed_by', models.F('membership')), _negated=True), _connector='OR'), name='people_emergency_reviewed_by_another'),
        ),
        migrations.AddConstraint(
            model_name='rolegrant',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('membership', 'role'), name='people_role_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='rolegrant',
            constraint=models.CheckConstraint(condition=models.Q(('second_granted_by__isnull', True), models.Q(('second_granted_by', models.F('granted_by')), _negated=True), _connector='OR'), name='people_role_two_different_granters'),
        ),
        migrations.AddConstraint(
            model_name='rolegrant',
            constraint=models.CheckConstraint(condition=models.Q(('basis', 'founding'), ('granted_by__isnull', False), _connector='OR'), name='people_role_has_a_granter'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.UniqueConstraint(fields=('clinic', 'name'), name='people_site_name_once'),
        ),
        migrations.AddConstraint(
            model_name='teammember',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('patient', 'membership'), name='people_team_once_at_a_time'),
        ),
        erasable("people_patientrevision", columns=["changes"]),
    ]
