"""The object store: where its credentials come from."""

from artifacts import wheel, wheel_name


def storage(bucket, endpoint, **more):
    return {"Storage": {"Default": "s3"},
            "S3Storage": {"Bucket": bucket, "Endpoint": endpoint, "Region": "us-east-1", "S3ForcePathStyle": "true"} | more}


def publish_and_install(server, pip):
    name = server.repository("python")
    server.added(name, {wheel_name("stored", "1.0"): wheel("stored", "1.0")})
    pip.install(f"{server.url}/{name}/latest/simple", "stored")


def test_the_role_of_the_machine_opens_the_bucket(make_granary, aws, pip):
    server = make_granary(settings=storage(aws.bucket(), aws.endpoint),
                          environment={"AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.endpoint})
    checked = server.cli("check-config")
    assert f"credentials of the role of this machine ({aws.endpoint})" in checked, checked
    with server:
        publish_and_install(server, pip)


def test_a_web_identity_is_exchanged_for_a_role_as_on_eks(make_granary, aws, tmp_path, pip):
    token = tmp_path / "token"
    token.write_text("a token of the cluster that is long enough\n")
    role = "arn:aws:iam::123456789012:role/granary"
    server = make_granary(settings=storage(aws.bucket(), aws.endpoint),
                          environment={"AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": role,
                                       "AWS_ENDPOINT_URL_STS": aws.endpoint})
    checked = server.cli("check-config")
    assert f"credentials of the web identity of the role {role}" in checked, checked
    with server:
        publish_and_install(server, pip)


def test_without_credentials_it_is_said_what_was_tried(make_granary, s3):
    server = make_granary(settings=storage(s3.bucket(), s3.endpoint),
                          environment={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"})
    done = server.run("check-config")
    assert done.returncode == 1
    for tried in ("no credentials for S3Storage", "S3Storage.AccessKeyID", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
                  ".aws/credentials", "http://127.0.0.1:1 does not answer"):
        assert tried in done.stdout, done.stdout
