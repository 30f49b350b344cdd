//! What an endpoint understands of the chat API: found out by its refusals, one step at a time.

use async_openai::types::chat::{
    ChatCompletionRequestMessage, CreateChatCompletionRequest, ResponseFormat, ResponseFormatJsonSchema,
};

use super::refusal::Refusal;

/// How JSON is demanded, strictest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerForm {
    /// `response_format: json_schema`, strict.
    Schema,
    /// `response_format: json_object`: some JSON; its shape is asked for in the prompt.
    JsonObject,
    /// No `response_format` at all: JSON is asked for in the prompt.
    Text,
}

impl AnswerForm {
    /// For logs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::JsonObject => "json_object",
            Self::Text => "text",
        }
    }

    fn weaker(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::JsonObject),
            Self::JsonObject => Some(Self::Text),
            Self::Text => None,
        }
    }

    fn response_format(self, schema: &ResponseFormatJsonSchema) -> Option<ResponseFormat> {
        match self {
            Self::Schema => Some(ResponseFormat::JsonSchema { json_schema: schema.clone() }),
            Self::JsonObject => Some(ResponseFormat::JsonObject),
            Self::Text => None,
        }
    }
}

/// What is put into requests. Begins with all that OpenAI defines; every refusal takes one thing away, so that asking ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) form: AnswerForm,
    /// Reasoning models take no other temperature than their own.
    temperature: bool,
    /// `max_completion_tokens`, which newer models insist on; else `max_tokens`, which Mistral and older servers insist on.
    completion_limit: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { form: AnswerForm::Schema, temperature: true, completion_limit: true }
    }
}

impl Dialect {
    /// What to try after `refusal`; `None` if asking otherwise would not help.
    pub(super) fn after(self, refusal: &Refusal) -> Option<Self> {
        if self.temperature && refusal.complains_of("temperature") {
            return Some(Self { temperature: false, ..self });
        }
        if self.completion_limit && refusal.complains_of("max_completion_tokens") {
            return Some(Self { completion_limit: false, ..self });
        }
        let form = self.form.weaker().filter(|_| refusal.refuses_form(self.form == AnswerForm::Schema))?;
        Some(Self { form, ..self })
    }

    // `max_tokens` is deprecated by OpenAI and still the only name that some compatible endpoints know.
    #[allow(deprecated)]
    pub(super) fn request(
        self,
        model: &str,
        messages: &[ChatCompletionRequestMessage],
        schema: &ResponseFormatJsonSchema,
        max_tokens: u32,
    ) -> CreateChatCompletionRequest {
        CreateChatCompletionRequest {
            model: model.to_owned(),
            messages: messages.to_vec(),
            response_format: self.form.response_format(schema),
            temperature: self.temperature.then_some(0.0),
            max_completion_tokens: self.completion_limit.then_some(max_tokens),
            max_tokens: (!self.completion_limit).then_some(max_tokens),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};
    use serde_json::Value;

    use super::*;

    fn refusal(status: StatusCode, message: &str) -> Refusal {
        let body = serde_json::json!({ "error": { "message": message } }).to_string();
        Refusal::new(status, &HeaderMap::new(), body.as_bytes())
    }

    fn fields(dialect: Dialect) -> Value {
        let schema =
            ResponseFormatJsonSchema { description: None, name: "x".into(), schema: Value::Null, strict: None };
        serde_json::to_value(dialect.request("m", &[], &schema, 7)).unwrap()
    }

    #[test]
    fn a_refused_parameter_goes_before_the_form_does() {
        let temperature = refusal(StatusCode::BAD_REQUEST, "Unsupported value: 'temperature' does not support 0");
        let without = Dialect::default().after(&temperature).unwrap();
        assert_eq!(without.form, AnswerForm::Schema);
        assert!(fields(without).get("temperature").is_none());

        let limit = refusal(StatusCode::UNPROCESSABLE_ENTITY, "extra_forbidden: max_completion_tokens");
        let older = fields(Dialect::default().after(&limit).unwrap());
        assert_eq!(older["max_tokens"], 7);
        assert!(older.get("max_completion_tokens").is_none());
    }

    #[test]
    fn a_form_weakens_step_by_step_and_ends() {
        let refused = refusal(StatusCode::BAD_REQUEST, "response_format is not supported");
        let object = Dialect::default().after(&refused).unwrap();
        assert_eq!(fields(object)["response_format"]["type"], "json_object");
        let text = object.after(&refused).unwrap();
        assert!(fields(text).get("response_format").is_none());
        assert_eq!(text.after(&refused), None);
    }

    #[test]
    fn whatever_an_endpoint_says_asking_ends() {
        let everything = refusal(StatusCode::BAD_REQUEST, "temperature max_completion_tokens response_format");
        let steps = std::iter::successors(Some(Dialect::default()), |dialect| dialect.after(&everything)).count();
        assert_eq!(steps, 5);
    }

    #[test]
    fn a_failure_that_is_not_about_the_request_changes_nothing() {
        let busy = refusal(StatusCode::TOO_MANY_REQUESTS, "temperature schema");
        assert_eq!(Dialect::default().after(&busy), None);
    }
}
