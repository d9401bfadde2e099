//! `install` and `uninstall`: the keys of the user, and of all users in both views.

use std::fs;
use std::path::Path;

use windows_registry::{CURRENT_USER, LOCAL_MACHINE};

use crate::profile::{BRAVE, CHROME, EDGE, ID, NAME, OTHER, Profile, keys, leads_to};

const CHROME_STARTED: &str = r"Google\Chrome\User Data";
const EDGE_STARTED: &str = r"Microsoft\Edge\User Data";
const BRAVE_STARTED: &str = r"BraveSoftware\Brave-Browser\User Data";

#[test]
fn every_browser_found_is_served_and_nothing_is_left_behind() {
    let profile = Profile::new(&[CHROME_STARTED, EDGE_STARTED]);
    let before = (profile.files(), keys());
    profile.succeed(&["install", "--extension-id", ID, "--dry-run"]);
    assert_eq!((profile.files(), keys()), before);

    let said = profile.succeed(&["install", "--extension-id", ID, "--allow-listen", "127.0.0.1:8080"]);
    for key in [CHROME, EDGE] {
        assert!(
            said.contains(&format!(r"wrote HKEY_CURRENT_USER\{key}\{NAME}")),
            "{said}"
        );
        let manifest = profile.manifest(CURRENT_USER, key);
        assert_eq!(manifest["name"], NAME);
        assert_eq!(manifest["allowed_origins"][0], format!("chrome-extension://{ID}/"));
        let program = manifest["path"].as_str().expect("a path");
        assert!(
            Path::new(program).is_absolute() && Path::new(program).is_file(),
            "{program}"
        );
    }
    assert!(profile.at(r"Roaming\chrome-sockets\policy.json").is_file());
    let list = profile.succeed(&["list"]);
    assert!(
        list.contains("Google Chrome") && list.contains("Edge") && !list.contains("Brave"),
        "{list}"
    );

    // Once more changes nothing; another extension adds up.
    let installed = (profile.files(), keys());
    let said = profile.succeed(&["install", "--extension-id", ID]);
    assert!(said.contains("kept HKEY_CURRENT_USER"), "{said}");
    assert_eq!((profile.files(), keys()), installed);
    profile.succeed(&["install", "--extension-id", OTHER]);
    let origins = profile.manifest(CURRENT_USER, EDGE)["allowed_origins"].take();
    assert_eq!(origins.as_array().expect("a list").len(), 2);
    profile.succeed(&["uninstall", "--extension-id", OTHER]);
    assert!(leads_to(CURRENT_USER, CHROME).is_some());

    profile.succeed(&["uninstall"]);
    assert_eq!((profile.files(), keys()), before);
}

#[test]
fn what_others_have_below_the_same_keys_stays() {
    let profile = Profile::new(&[CHROME_STARTED]);
    let others = CURRENT_USER
        .create(format!(r"{CHROME}\com.example.other"))
        .expect("a key");
    others.set_string("", r"C:\other.json").expect("a value");
    let before = keys();
    profile.succeed(&["install", "--extension-id", ID]);
    assert_ne!(keys(), before);
    profile.succeed(&["uninstall"]);
    assert_eq!(keys(), before);
}

#[test]
fn one_browser_goes_and_the_keys_it_shares_stay_for_the_other() {
    let profile = Profile::new(&[CHROME_STARTED, EDGE_STARTED, BRAVE_STARTED]);
    profile.succeed(&["install", "--extension-id", ID]);
    assert!(
        [CHROME, EDGE, BRAVE]
            .iter()
            .all(|key| leads_to(CURRENT_USER, key).is_some())
    );
    profile.succeed(&["uninstall", "--browser", "brave"]);
    assert_eq!(leads_to(CURRENT_USER, BRAVE), None);
    profile.manifest(CURRENT_USER, CHROME);
    profile.succeed(&["uninstall", "--browser", "edge"]);
    assert_eq!(leads_to(CURRENT_USER, EDGE), None);
    profile.manifest(CURRENT_USER, CHROME);
    let list = profile.succeed(&["list"]);
    assert!(list.contains(ID) && !list.contains("Edge"), "{list}");
    profile.succeed(&["uninstall", "--browser", "chrome", "--browser", "brave"]);
    assert_eq!(keys().values().flatten().count(), 0);
}

#[test]
fn all_users_have_it_in_both_views() {
    let profile = Profile::new(&[]);
    let before = (profile.files(), keys());
    profile.succeed(&["install", "--system", "--browser", "chrome", "--extension-id", ID]);
    let in_32 = CHROME.replace("Software", r"Software\WOW6432Node");
    for key in [CHROME, &in_32] {
        let program = profile.manifest(LOCAL_MACHINE, key)["path"].take();
        let program = Path::new(program.as_str().expect("a path"));
        assert!(program.starts_with(profile.at("All Users")) && program.is_file());
    }
    assert_eq!(leads_to(CURRENT_USER, CHROME), None);
    profile.succeed(&["uninstall", "--system"]);
    assert_eq!((profile.files(), keys()), before);
}

/// Below a volatile key nothing that lasts can be made: the system refuses as it does without the permission.
#[test]
fn a_key_that_cannot_be_written_takes_everything_back() {
    let profile = Profile::new(&[CHROME_STARTED, EDGE_STARTED]);
    let options = &mut CURRENT_USER.options();
    options.write().create().volatile().open(EDGE).expect("a key");
    let line = profile.refuse(&["install", "--extension-id", ID]);
    assert!(line.contains("cannot write") && line.contains(EDGE), "{line}");
}

#[test]
fn a_key_that_leads_to_another_programs_manifest_is_not_taken() {
    let profile = Profile::new(&[CHROME_STARTED]);
    let path = profile.at("keeper.json");
    fs::write(&path, format!(r#"{{"name": "{NAME}", "path": "C:\\keeper.exe"}}"#)).expect("a file");
    let key = CURRENT_USER.create(format!(r"{CHROME}\{NAME}")).expect("a key");
    key.set_string("", path.to_str().expect("UTF-8")).expect("a value");
    let line = profile.refuse(&["install", "--extension-id", ID]);
    assert!(line.contains("another program") && line.contains("--name"), "{line}");
    // One that leads nowhere is what an interrupted removal leaves.
    fs::remove_file(&path).expect("removed");
    profile.succeed(&["install", "--extension-id", ID]);
    profile.manifest(CURRENT_USER, CHROME);
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let profile = Profile::new(&[CHROME_STARTED]);
    let directory = profile.at("User Data");
    let directory = directory.to_str().expect("UTF-8");
    let line = profile.refuse(&["install", "--extension-id", ID, "--user-data-dir", directory]);
    assert!(line.contains("registry"), "{line}");
    // Something in the place of our directory, as in a profile that cannot be written.
    fs::write(profile.at(r"Local\chrome-sockets"), "x").expect("a file");
    let line = profile.refuse(&["install", "--extension-id", ID]);
    assert!(line.contains("cannot"), "{line}");
}

#[test]
fn doctor_finds_what_is_missing_and_its_fix_repairs_it() {
    let profile = Profile::new(&[CHROME_STARTED]);
    profile.succeed(&["install", "--extension-id", ID]);
    let said = profile.succeed(&["doctor"]);
    assert!(!said.contains("FAIL"), "{said}");
    CURRENT_USER.remove_tree(format!(r"{CHROME}\{NAME}")).expect("removed");
    let ended = profile.run(&["doctor"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let fault = ended
        .stdout
        .lines()
        .find(|line| line.contains("FAIL"))
        .expect("a fault");
    assert!(fault.contains("registry"), "{}", ended.stdout);
    let fixed = profile.run(&["doctor", "--fix"]);
    assert_eq!(fixed.code, Some(0), "{}{}", fixed.stdout, fixed.stderr);
    profile.manifest(CURRENT_USER, CHROME);
    assert!(!profile.succeed(&["doctor"]).contains("FAIL"));
}
