variable "stage" {
  description = "The end of every name: gatehouse-<stage>-users. Choose it once."
  type        = string
  default     = "prod"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.stage))
    error_message = "A stage is at most 20 small letters, digits and hyphens, and begins with a letter."
  }
}

variable "settings" {
  description = "Parameters of the template by name: AppUrl, MailFrom, AlarmEmail and so on. deploy/template.json lists them."
  type        = map(string)

  validation {
    condition     = contains(keys(var.settings), "AppUrl") && contains(keys(var.settings), "MailFrom")
    error_message = "AppUrl and MailFrom must be set: the links in mails lead to the one, and the mails come from the other."
  }
}

variable "code_folder" {
  description = "Zips with hooks of your own, made by `npx gatehouse code --to FOLDER`. Default: those of the package."
  type        = string
  default     = ""
}
