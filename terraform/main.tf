# Gatehouse over its packaged CloudFormation template. Terraform uploads the zips and the template, makes the stack, and has
# the first signing key made.
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

locals {
  code     = var.code_folder != "" ? var.code_folder : "${path.module}/../deploy/code"
  zips     = fileset(local.code, "*.zip")
  own      = "${local.code}/template.json" # made with the zips, where hooks need more permissions
  template = fileexists(local.own) ? local.own : "${path.module}/../deploy/template.json"
  version  = sha256(join("", [for zip in local.zips : filesha256("${local.code}/${zip}")]))
  prefix   = "gatehouse/${substr(local.version, 0, 16)}/"
  name     = "gatehouse-${var.stage}"
}

resource "aws_s3_bucket" "code" {
  bucket_prefix = "gatehouse-code-"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "code" {
  bucket                  = aws_s3_bucket.code.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "code" {
  for_each    = local.zips
  bucket      = aws_s3_bucket.code.id
  key         = "${local.prefix}${each.value}"
  source      = "${local.code}/${each.value}"
  source_hash = filesha256("${local.code}/${each.value}")
}

resource "aws_s3_object" "template" {
  bucket       = aws_s3_bucket.code.id
  key          = "gatehouse/template-${substr(filesha256(local.template), 0, 16)}.json"
  source       = local.template
  content_type = "application/json"
}

resource "aws_cloudformation_stack" "gatehouse" {
  name         = local.name
  template_url = "https://${aws_s3_bucket.code.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_NAMED_IAM"]

  parameters = merge(var.settings, {
    Stage      = var.stage
    CodeBucket = aws_s3_bucket.code.id
    CodePrefix = local.prefix
  })

  depends_on = [aws_s3_object.code]
}

# Only rotate-keys may write keys, and without one nobody can log in. Once there is a key this changes nothing.
resource "aws_lambda_invocation" "first_key" {
  function_name = "${local.name}-rotate-keys"
  input         = jsonencode({ command = "rotate" })
  triggers      = { stack = aws_cloudformation_stack.gatehouse.id }
}
