//! What may be wrong with the table.

use std::collections::BTreeSet;

use crate::sources::{Sources, declaration, ids};

pub(crate) struct Repository<'a> {
    /// Makes the assertions: `- **S-22** …`.
    pub(crate) document: &'a str,
    /// Lists the decisions, in a table below `## Decisions`.
    pub(crate) architecture: &'a str,
    pub(crate) table: &'a str,
    pub(crate) sources: &'a Sources,
}

/// `| S-22 | test | path: name<br>path: name | why |`
struct Row<'a> {
    id: &'a str,
    status: &'a str,
    places: Vec<&'a str>,
    why: &'a str,
}

impl Repository<'_> {
    pub(crate) fn assertions(&self) -> Vec<&str> {
        let lines = self.document.lines();
        let items = lines.filter_map(|line| line.strip_prefix("- **")?.split_once("**"));
        items.map(|(id, _)| id).filter(|id| ids(id).contains(*id)).collect()
    }

    fn decisions(&self) -> BTreeSet<&str> {
        let section = self
            .architecture
            .split("\n## ")
            .find(|part| part.starts_with("Decisions"));
        let lines = section.unwrap_or_default().lines();
        let rows = lines.filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
        rows.flat_map(|(names, _)| names.split(", ")).collect()
    }

    /// Whether a test of this name is declared at `path`, with the number of the assertion.
    fn look_up(&self, place: &str, id: &str) -> Result<(), String> {
        let (path, name) = place.split_once(": ").ok_or("is not `path: name`")?;
        let text = self.sources.get(path).ok_or("names a file that is not there")?;
        let declaration = declaration(text, name).ok_or("names a test that is not there")?;
        let carried = ids(&declaration).contains(id);
        carried.then_some(()).ok_or_else(|| format!("does not carry {id}"))
    }
}

/// Lines of the table without its head; a line that is no row is a problem.
fn rows(table: &str) -> Vec<Result<Row<'_>, String>> {
    let lines = table.lines().filter(|line| line.starts_with('|'));
    let body = lines.filter(|line| !line.starts_with("| id |") && !line.starts_with("| -") && !line.starts_with("|-"));
    body.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, status, places, why] = cells[..] else {
            return Err(format!("{line} has not four cells"));
        };
        let places = places.split("<br>").filter(|place| !place.is_empty()).collect();
        Ok(Row {
            id,
            status,
            places,
            why,
        })
    })
    .collect()
}

/// Everything that is wrong, one line each.
pub(crate) fn problems(repository: &Repository) -> Vec<String> {
    let mut problems = Vec::new();
    let assertions = repository.assertions();
    let known: BTreeSet<&str> = assertions.iter().copied().collect();
    if known.len() < assertions.len() {
        problems.push("the document has a number twice".to_owned());
    }
    let decisions = repository.decisions();
    let mut seen = BTreeSet::new();
    for row in rows(repository.table) {
        match row {
            Ok(row) => {
                if !known.contains(row.id) {
                    problems.push(format!("{}: the document has no such assertion", row.id));
                }
                if !seen.insert(row.id) {
                    problems.push(format!("{}: two rows", row.id));
                }
                let of_row = row_problems(&row, repository, &decisions);
                problems.extend(of_row.into_iter().map(|problem| format!("{}: {problem}", row.id)));
            }
            Err(problem) => problems.push(problem),
        }
    }
    let missing = known.difference(&seen);
    problems.extend(missing.map(|id| format!("{id}: no row")));
    for (path, text) in repository.sources {
        for id in ids(text) {
            if !known.contains(&*id) {
                problems.push(format!("{path} names {id}, which the document does not have"));
            }
        }
    }
    problems
}

fn row_problems(row: &Row, repository: &Repository, decisions: &BTreeSet<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    let proven = match row.status {
        "test" => true,
        "replaced" => {
            let decision = row.why.split(':').next().unwrap_or_default();
            if !decisions.contains(decision) {
                problems.push(format!("replaced by {decision:?}, which is no decision"));
            }
            true
        }
        "not applicable" => false,
        other => {
            problems.push(format!("no status is {other:?}"));
            return problems;
        }
    };
    if proven == row.places.is_empty() {
        problems.push(format!("{} and {} tests", row.status, row.places.len()));
    }
    if row.why.is_empty() && row.status != "test" {
        problems.push("says not why".to_owned());
    }
    for place in row.places.iter().filter(|_| proven) {
        if let Err(problem) = repository.look_up(place, row.id) {
            problems.push(format!("{place} {problem}"));
        }
    }
    problems
}
