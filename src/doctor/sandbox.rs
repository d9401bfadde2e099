//! Browsers from Snap and Flatpak, which do not see what lies outside their sandbox. None of this was tried: it follows their
//! documentation.

use super::command;
use super::finding::{Diagnosis, Fix, Verdict};
use super::{Context, Looked};
use crate::install::{Packaging, disk};

/// A line for each manifest of such a browser.
pub(super) fn check(context: &Context, diagnosis: &mut Diagnosis) {
    for looked in &context.sites {
        for found in &looked.found {
            let browser = found.target.as_ref().and_then(|target| target.browser);
            match browser.map(|browser| browser.packaging) {
                None | Some(Packaging::Plain) => {}
                Some(Packaging::Snap) => diagnosis.add(
                    "sandbox",
                    Verdict::Warn,
                    format!(
                        "{}: a snap may refuse to start programs outside its own folders",
                        found.title()
                    ),
                    Some(Fix::by_hand("flatpak install flathub org.chromium.Chromium".to_owned())),
                ),
                Some(Packaging::SnapWithPortal) => diagnosis.info(
                    "sandbox",
                    format!(
                        "{}: the first connection asks you by a dialog of the desktop",
                        found.title()
                    ),
                ),
                Some(Packaging::Flatpak(app)) => flatpak(app, &found.title(), looked, context, diagnosis),
            }
        }
    }
}

/// The program runs inside, so it and the policy must be visible there, and the policy be looked for where it is.
fn flatpak(app: &str, title: &str, looked: &Looked, context: &Context, diagnosis: &mut Diagnosis) {
    let data = looked.site.data.display().to_string();
    let config = looked
        .site
        .policy
        .parent()
        .unwrap_or(&looked.site.policy)
        .display()
        .to_string();
    let overrides = context
        .environment
        .home()
        .ok()
        .map(|home| home.join(".local/share/flatpak/overrides").join(app));
    let given = overrides.and_then(|path| disk::read(&path).ok()?).unwrap_or_default();
    let given = String::from_utf8_lossy(&given);
    let variable = format!("CHROME_SOCKETS_CONFIG={config}");
    if given.contains(&data) && given.contains(&variable) && given.contains(&format!("{config}:ro")) {
        return diagnosis.info("sandbox", format!("{title} was given the program and the policy"));
    }
    let command = format!(
        "flatpak override --user {} {} {} {app}",
        command::quoted(&format!("--filesystem={data}:ro")),
        command::quoted(&format!("--filesystem={config}:ro")),
        command::quoted(&format!("--env={variable}")),
    );
    let line = format!("{title} does not see the program outside its sandbox");
    diagnosis.add("sandbox", Verdict::Warn, line, Some(Fix::by_hand(command)));
}
