//! What a provider asks, each with what the answer must say.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use bench::{Outcome, work};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{DOMAIN, World, other_domain, text};
use crate::{Settings, step};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Members that are added in one request.
const ADDED: usize = 20;
/// Members of the large group that come in one request while it is filled.
const PART: usize = 1000;

fn user_name(number: usize) -> String {
    address(number, DOMAIN)
}

fn address(number: usize, domain: &str) -> String {
    format!("person{number}@{domain}")
}

fn external_id(number: usize) -> String {
    format!("5f1c-{number:08}")
}

/// A user as Entra sends one.
fn user(number: usize, domain: &str) -> Value {
    let address = address(number, domain);
    json!({
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "userName": address,
        "externalId": external_id(number),
        "active": true,
        "displayName": format!("Person Number{number}"),
        "name": {"givenName": "Person", "familyName": format!("Number{number}"), "formatted": format!("Person Number{number}")},
        "emails": [{"primary": true, "type": "work", "value": address}],
        "addresses": [{"primary": true, "type": "work", "locality": "Berlin", "country": "DE"}],
        "phoneNumbers": [{"type": "work", "value": "+49 30 1234567"}],
        "title": "Engineer",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Building", "employeeNumber": number.to_string()},
    })
}

fn members(ids: &[String]) -> Value {
    let list: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    json!({ "schemas": [PATCH], "Operations": [{ "op": "add", "path": "members", "value": list }] })
}

fn expect(said: &Value, wanted: &Value, what: &str) -> Outcome<()> {
    if said == wanted { Ok(()) } else { Err(format!("{what}: {wanted} was expected, {said} came").into()) }
}

async fn create_user(world: Arc<World>, number: usize) -> Outcome<()> {
    let body = user(number, DOMAIN);
    let made = world.expect((Method::POST, "/Users"), Some(&body), &[201]).await?;
    expect(&made["userName"], &body["userName"], "the new user's name")?;
    world.made_user(number, text(&made["id"])?);
    Ok(())
}

/// Numbers of the first members of a group: each group has its own tenth or hundredth of everybody.
fn first_members(world: &World, settings: &Settings, group: usize) -> Outcome<Vec<String>> {
    let each = settings.users / settings.groups;
    (group * each..(group + 1) * each).map(|number| world.user(number)).collect()
}

/// Other companies, each with a directory and people of its own.
pub async fn fill_others(world: &Arc<World>, settings: &Settings) -> Outcome<()> {
    if settings.others == 0 {
        return Ok(());
    }
    let (began, each) = (Instant::now(), settings.each);
    let (_, failures) = work::each(
        world,
        settings.others,
        settings.connections,
        move |world: Arc<World>, number| async move {
            let domain = other_domain(number);
            world.other_company(number, (0..each).map(|person| user(person, &domain))).await
        },
    )
    .await;
    refuse(&failures)?;
    println!("  {} other directories with {each} users each in {:.1?}", settings.others, began.elapsed());
    Ok(())
}

/// The initial sync: everybody, and groups that share everybody out, their members 100 in a request.
pub async fn fill(world: &Arc<World>, settings: &Settings) -> Outcome<bool> {
    let (began, cpu) = (Instant::now(), world.server.cpu()?);
    let (_, failures) = work::each(world, settings.users, settings.connections, create_user).await;
    refuse(&failures)?;
    let users = began.elapsed();
    let used = (world.server.cpu()? - cpu) / u64::try_from(settings.users)?;
    println!("  filled with users in {users:.1?}, {used} µs CPU each");
    let each = settings.users / settings.groups;
    let (all, groups) = (settings.groups, settings.groups);
    let (_, failures) =
        work::each(world, all, settings.connections, move |world: Arc<World>, number| async move {
            let body = json!({ "schemas": [GROUP], "displayName": format!("Group {number}") });
            let made = world.expect((Method::POST, "/Groups"), Some(&body), &[201]).await?;
            let id = text(&made["id"])?;
            let ids: Vec<String> =
                (number * each..(number + 1) * each).map(|n| world.user(n)).collect::<Outcome<_>>()?;
            for some in ids.chunks(100) {
                let path = format!("/Groups/{id}");
                world.expect((Method::PATCH, &path), Some(&members(some)), &[200, 204]).await?;
            }
            world.made_group(number, id);
            Ok(())
        })
        .await;
    refuse(&failures)?;
    println!(
        "  initial sync in {:.1?}, resident memory {} MiB, at most {} MiB",
        began.elapsed(),
        world.server.memory()?,
        world.server.most_memory()?
    );
    let mut well = total(world, "/Users?count=1", settings.users).await;
    well &= total(world, "/Groups?count=1", groups).await;
    for group in [0, groups / 2, groups - 1] {
        well &= has_members(world, group, &first_members(world, settings, group)?).await;
    }
    Ok(well)
}

fn refuse(failures: &[String]) -> Outcome<()> {
    match failures.first() {
        Some(first) => Err(format!("{} failed while filling: {first:.300}", failures.len()).into()),
        None => Ok(()),
    }
}

async fn told(right: impl Future<Output = Outcome<()>>) -> bool {
    match right.await {
        Ok(()) => true,
        Err(failure) => {
            println!("    not right: {failure:.300}");
            false
        }
    }
}

async fn total(world: &World, path: &str, wanted: usize) -> bool {
    let right = async {
        let list = world.expect((Method::GET, path), None, &[200]).await?;
        expect(&list["totalResults"], &json!(wanted), path)
    };
    told(right).await
}

/// Whether a group has exactly these members.
async fn has_members(world: &World, group: usize, wanted: &[String]) -> bool {
    let right = async {
        let path = format!("/Groups/{}", world.group(group)?);
        let shown = world.expect((Method::GET, &path), None, &[200]).await?;
        let list = shown["members"].as_array().ok_or("no members are shown")?;
        let there: HashSet<&str> = list.iter().filter_map(|member| member["value"].as_str()).collect();
        let all = wanted.iter().all(|id| there.contains(id.as_str()));
        expect(&json!([list.len(), all]), &json!([wanted.len(), true]), &path)
    };
    told(right).await
}

/// Everything that is asked of a filled directory.
pub async fn ask(world: &Arc<World>, settings: &Settings) -> Outcome<bool> {
    let (users, many) = (settings.users, settings.requests);
    let pick = move |number: usize| number.wrapping_mul(7919) % users;
    let mut well = true;
    well &=
        step(world, settings, ("filter by userName", many), move |world: Arc<World>, number| async move {
            found(&world, "userName", &user_name(pick(number)), pick(number)).await
        })
        .await?;
    well &=
        step(world, settings, ("filter by externalId", many), move |world: Arc<World>, number| async move {
            found(&world, "externalId", &external_id(pick(number)), pick(number)).await
        })
        .await?;
    well &= step(world, settings, ("GET by id", many), move |world: Arc<World>, number| async move {
        let path = format!("/Users/{}", world.user(pick(number))?);
        let shown = world.expect((Method::GET, &path), None, &[200]).await?;
        expect(&shown["userName"], &json!(user_name(pick(number))), &path)
    })
    .await?;
    well &=
        step(world, settings, ("list page of 100", many / 4), move |world: Arc<World>, number| async move {
            page(&world, pick(number) % users.saturating_sub(100).max(1) + 1, users).await
        })
        .await?;
    well &=
        step(world, settings, ("PATCH one attribute", many), move |world: Arc<World>, number| async move {
            let title = format!("Engineer {number}");
            let operation = json!({ "op": "replace", "path": "title", "value": title });
            patched(&world, pick(number), operation, ("title", json!(title))).await
        })
        .await?;
    well &= deactivations(world, settings).await?;
    well &= small_groups(world, settings).await?;
    well &= large_group(world, settings).await?;
    well &= step(world, settings, ("POST user", many), move |world: Arc<World>, number| {
        create_user(world, users + number)
    })
    .await?;
    if settings.only.is_empty() {
        well &= total(world, "/Users?count=1", world.users()).await;
    }
    Ok(well)
}

async fn found(world: &World, name: &str, value: &str, number: usize) -> Outcome<()> {
    let path = format!("/Users?filter={name}%20eq%20%22{value}%22");
    let list = world.expect((Method::GET, &path), None, &[200]).await?;
    expect(&list["totalResults"], &json!(1), &path)?;
    expect(&list["Resources"][0]["id"], &json!(world.user(number)?), &path)
}

async fn page(world: &World, start: usize, users: usize) -> Outcome<()> {
    let path = format!("/Users?startIndex={start}&count=100");
    let list = world.expect((Method::GET, &path), None, &[200]).await?;
    expect(&list["totalResults"], &json!(users), &path)?;
    let ids: HashSet<&str> =
        list["Resources"].as_array().into_iter().flatten().filter_map(|it| it["id"].as_str()).collect();
    expect(&json!(ids.len()), &json!(100), &path)
}

async fn patched(world: &World, number: usize, operation: Value, wanted: (&str, Value)) -> Outcome<()> {
    let path = format!("/Users/{}", world.user(number)?);
    let body = json!({ "schemas": [PATCH], "Operations": [operation] });
    let shown = world.expect((Method::PATCH, &path), Some(&body), &[200]).await?;
    expect(&shown[wanted.0], &wanted.1, &path)
}

async fn set_active(world: &World, number: usize, active: bool) -> Outcome<()> {
    patched(
        world,
        number,
        json!({ "op": "replace", "value": { "active": active } }),
        ("active", json!(active)),
    )
    .await
}

/// Ends somebody's access, and lets the person back in uncounted.
async fn deactivations(world: &Arc<World>, settings: &Settings) -> Outcome<bool> {
    let count = settings.requests.min(settings.users / 2);
    let well = step(world, settings, ("deactivate", count), |world: Arc<World>, number| async move {
        set_active(&world, number, false).await
    })
    .await?;
    if well && "deactivate".contains(&settings.only) {
        let back = |world: Arc<World>, number| async move { set_active(&world, number, true).await };
        let (_, failures) = work::each(world, count, settings.connections, back).await;
        refuse(&failures)?;
    }
    Ok(well)
}

/// Adds people to many groups of some hundred members, each time to another one.
async fn small_groups(world: &Arc<World>, settings: &Settings) -> Outcome<bool> {
    let (users, groups) = (settings.users, settings.groups);
    let each = users / groups;
    let rounds = ((users - each) / ADDED).min(settings.requests.div_ceil(groups));
    let count = (groups * rounds).min(settings.requests);
    let added = move |number: usize| {
        let (group, round) = (number % groups, number / groups);
        let from = (group + 1) * each + round * ADDED;
        (group, (from..from + ADDED).map(move |n| n % users))
    };
    let name = "add 20 members to a small group";
    let mut well = step(world, settings, (name, count), move |world: Arc<World>, number| async move {
        let (group, people) = added(number);
        let ids: Vec<String> = people.map(|n| world.user(n)).collect::<Outcome<_>>()?;
        let path = format!("/Groups/{}", world.group(group)?);
        world.expect((Method::PATCH, &path), Some(&members(&ids)), &[200, 204]).await.map(drop)
    })
    .await?;
    if name.contains(&settings.only) {
        let mut wanted = first_members(world, settings, 0)?;
        for number in (0..count).filter(|number| number % groups == 0) {
            wanted.extend(added(number).1.map(|n| world.user(n)).collect::<Outcome<Vec<_>>>()?);
        }
        well &= has_members(world, 0, &wanted).await;
    }
    Ok(well)
}

/// One group with nearly everybody in it, to which the others are added.
async fn large_group(world: &Arc<World>, settings: &Settings) -> Outcome<bool> {
    let name = "add 20 members to the large group";
    let count = (settings.users / ADDED / 10).min(settings.requests / 4);
    if !name.contains(&settings.only) || count == 0 {
        return Ok(true);
    }
    let (number, first) = (settings.groups, settings.users - count * ADDED);
    let body = json!({ "schemas": [GROUP], "displayName": "Everybody" });
    let made = world.expect((Method::POST, "/Groups"), Some(&body), &[201]).await?;
    world.made_group(number, text(&made["id"])?);
    let everybody: Vec<String> = (0..settings.users).map(|n| world.user(n)).collect::<Outcome<_>>()?;
    let path = format!("/Groups/{}", world.group(number)?);
    for some in everybody[..first].chunks(PART) {
        world.expect((Method::PATCH, &path), Some(&members(some)), &[200, 204]).await?;
    }
    println!("  the large group has {first} members");
    let mut well = step(world, settings, (name, count), move |world: Arc<World>, at| async move {
        let from = first + at * ADDED;
        let ids: Vec<String> = (from..from + ADDED).map(|n| world.user(n)).collect::<Outcome<_>>()?;
        let path = format!("/Groups/{}", world.group(number)?);
        world.expect((Method::PATCH, &path), Some(&members(&ids)), &[200, 204]).await.map(drop)
    })
    .await?;
    well &= has_members(world, number, &everybody).await;
    Ok(well)
}
