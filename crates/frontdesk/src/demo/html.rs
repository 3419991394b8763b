//! Plain pages of the simulation. They look different from Frontdesk's on purpose: they are somebody else's.

use axum::response::Html;

/// A page with this title and this content, which is trusted markup.
pub fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>body{{font:16px/1.5 \
         system-ui;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222;background:#f4f1ea}}table{{border-collapse:\
         collapse;width:100%}}td,th{{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}}button{{font:inherit;\
         padding:.3rem .8rem}}input{{font:inherit;width:100%;box-sizing:border-box}}</style></head><body><main>\
         <h1>{title}</h1>{body}</main></body></html>"
    ))
}

/// Text as markup.
pub fn escape(text: &str) -> String {
    web::html::escape(text)
}
