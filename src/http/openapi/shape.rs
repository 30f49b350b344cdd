//! What a value looks like: the words in which requests and answers are described. They become JSON Schema by utoipa.

use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, Object, OneOfBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr, Schema};

/// The shape of a value.
#[derive(Clone)]
pub struct Shape(RefOr<Schema>);

/// A member of an object.
pub struct Field {
    name: &'static str,
    shape: Shape,
    required: bool,
}

impl Field {
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }
}

/// A member that must be there.
pub fn must(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true }
}

/// A member that may be missing.
pub fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

pub fn text() -> Shape {
    Shape::of(Type::String)
}

/// An integer.
pub fn whole() -> Shape {
    Shape::of(Type::Integer).object(|it| it.format = Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

/// An integer from 0 on: a count, a position.
pub fn count() -> Shape {
    whole().at_least(0)
}

pub fn number() -> Shape {
    Shape::of(Type::Number)
}

pub fn flag() -> Shape {
    Shape::of(Type::Boolean)
}

/// A time as RFC 3339 in UTC with milliseconds and `Z`.
pub fn time() -> Shape {
    text().format(KnownFormat::DateTime).example("2026-11-20T09:30:00.000Z")
}

pub fn uuid() -> Shape {
    text().object(|it| it.format = Some(SchemaFormat::Custom("uuid".to_owned())))
}

/// One of these texts.
pub fn one_of<'a>(values: impl IntoIterator<Item = &'a str>) -> Shape {
    let values: Vec<_> = values.into_iter().map(Into::into).collect();
    text().object(|it| it.enum_values = Some(values))
}

/// Exactly this.
pub fn always(value: impl Into<serde_json::Value>) -> Shape {
    let value = value.into();
    let shape = match value {
        serde_json::Value::Bool(_) => flag(),
        serde_json::Value::Number(_) => whole(),
        _ => text(),
    };
    shape.object(|it| it.enum_values = Some(vec![value]))
}

/// `"success": true`.
pub fn success() -> Field {
    must("success", always(true))
}

/// Bytes that are no JSON.
pub fn bytes() -> Shape {
    text().format(KnownFormat::Binary)
}

pub fn list(items: Shape) -> Shape {
    Shape(ArrayBuilder::new().items(items.0).into())
}

/// An object whose members are all of one shape.
pub fn map(values: Shape) -> Shape {
    Shape::of(Type::Object)
        .object(|it| it.additional_properties = Some(Box::new(AdditionalProperties::RefOr(values.0))))
}

/// An object with members that are not described.
pub fn open_object() -> Shape {
    Shape::of(Type::Object).open()
}

/// An object of an answer.
pub fn object(fields: impl IntoIterator<Item = Field>) -> Shape {
    Shape::of(Type::Object).object(|it| {
        for Field { name, shape, required } in fields {
            it.properties.insert(name.to_owned(), shape.0);
            if required {
                it.required.push(name.to_owned());
            }
        }
    })
}

/// An object of a request: what may be missing may be null, too.
pub fn form(fields: impl IntoIterator<Item = Field>) -> Shape {
    object(fields.into_iter().map(|field| {
        let shape = if field.required { field.shape } else { field.shape.or_null() };
        Field { shape, ..field }
    }))
}

/// One of these shapes.
pub fn either(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    let one_of = shapes.into_iter().fold(OneOfBuilder::new(), |one_of, shape| one_of.item(shape.0));
    Shape(one_of.into())
}

/// A shape of `components/schemas`.
pub fn shared(name: &str) -> Shape {
    Shape(RefOr::Ref(Ref::from_schema_name(name)))
}

impl Shape {
    fn of(kind: Type) -> Self {
        Self(RefOr::T(Schema::Object(Object::with_type(kind))))
    }

    /// Changes what is neither a reference nor a list.
    fn object(mut self, change: impl FnOnce(&mut Object)) -> Self {
        if let RefOr::T(Schema::Object(object)) = &mut self.0 {
            change(object);
        }
        self
    }

    fn format(self, format: KnownFormat) -> Self {
        self.object(|it| it.format = Some(SchemaFormat::KnownFormat(format)))
    }

    /// A sentence about the value.
    pub fn says(mut self, words: &str) -> Self {
        match &mut self.0 {
            RefOr::Ref(reference) => words.clone_into(&mut reference.description),
            RefOr::T(Schema::Object(object)) => object.description = Some(words.to_owned()),
            RefOr::T(Schema::Array(array)) => array.description = Some(words.to_owned()),
            RefOr::T(Schema::OneOf(one_of)) => one_of.description = Some(words.to_owned()),
            RefOr::T(_) => {}
        }
        self
    }

    pub fn email(self) -> Self {
        self.format(KnownFormat::Email)
    }

    /// Not shown where it is typed.
    pub fn secret(self) -> Self {
        self.format(KnownFormat::Password)
    }

    /// Characters (Unicode scalar values).
    pub fn length(self, min: usize, max: usize) -> Self {
        self.object(|it| (it.min_length, it.max_length) = ((min > 0).then_some(min), Some(max)))
    }

    /// A regular expression (ECMA-262).
    pub fn like(self, pattern: &str) -> Self {
        self.object(|it| it.pattern = Some(pattern.to_owned()))
    }

    pub fn at_least(self, minimum: i64) -> Self {
        self.object(|it| it.minimum = Some(minimum.into()))
    }

    pub fn at_most(self, maximum: i64) -> Self {
        self.object(|it| it.maximum = Some(maximum.into()))
    }

    /// How many entries a list has at most.
    pub fn entries(mut self, max: usize) -> Self {
        if let RefOr::T(Schema::Array(array)) = &mut self.0 {
            array.max_items = Some(max);
        }
        self
    }

    pub fn default(self, value: impl Into<serde_json::Value>) -> Self {
        self.object(|it| it.default = Some(value.into()))
    }

    pub fn example(self, value: impl Into<serde_json::Value>) -> Self {
        self.object(|it| it.examples.push(value.into()))
    }

    /// Further members are allowed, and said to be.
    pub fn open(self) -> Self {
        self.object(|it| it.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true))))
    }

    /// The value, or null.
    pub fn or_null(mut self) -> Self {
        let with_null = |kind: &mut SchemaType| {
            if let SchemaType::Type(only) = kind {
                *kind = SchemaType::from_iter([only.clone(), Type::Null]);
            }
        };
        match &mut self.0 {
            RefOr::T(Schema::Object(object)) => {
                with_null(&mut object.schema_type);
                object.enum_values.iter_mut().for_each(|values| values.push(serde_json::Value::Null));
                self
            }
            RefOr::T(Schema::Array(array)) => {
                with_null(&mut array.schema_type);
                self
            }
            RefOr::Ref(_) | RefOr::T(_) => either([Self::of(Type::Null), self]),
        }
    }
}

impl From<Shape> for RefOr<Schema> {
    fn from(shape: Shape) -> Self {
        shape.0
    }
}
