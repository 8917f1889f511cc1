output "api_url" {
  description = "Where the API answers."
  value       = aws_cloudformation_stack.gatehouse.outputs["ApiUrl"]
}

output "issuer" {
  description = "`iss` of access tokens."
  value       = aws_cloudformation_stack.gatehouse.outputs["Issuer"]
}

output "jwks_url" {
  description = "Public keys for services that verify access tokens."
  value       = aws_cloudformation_stack.gatehouse.outputs["JwksUrl"]
}

output "rest_api_id" {
  description = "The REST API, for permissions to call /admin."
  value       = aws_cloudformation_stack.gatehouse.outputs["RestApiId"]
}
