//! The processes that are measured.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Outcome;

/// A server, ended with this value.
#[derive(Debug)]
pub struct Server {
    process: Child,
    folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    /// Frontdesk, this program, on a fresh database: the process, where it listens, and a token for its API.
    pub fn frontdesk(program: &Path, database: Option<&str>) -> Outcome<(Self, String, String)> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = std::env::temp_dir().join(format!("frontdesk-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let with = |line: &str| {
            let mut command = Command::new(program);
            command.args(line.split(' ')).env("FRONTDESK_DATA", &folder).env("FRONTDESK_LOG", "warn");
            command.env("FRONTDESK_SCIM_RATE", "1000000");
            if let Some(url) = database {
                command.env("FRONTDESK_DATABASE", url);
            }
            command
        };
        let token = with("token create --name bench").output()?;
        if !token.status.success() {
            return Err(String::from_utf8_lossy(&token.stderr).into_owned().into());
        }
        let listen = format!("127.0.0.1:{port}");
        let process = with("serve").env("FRONTDESK_LISTEN", &listen).stdout(Stdio::null()).spawn()?;
        let server = Self { process, folder };
        let until = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(&listen).is_err() {
            if Instant::now() > until {
                return Err("the server does not answer".into());
            }
            std::thread::yield_now();
        }
        Ok((server, format!("http://{listen}"), String::from_utf8(token.stdout)?.trim().to_owned()))
    }

    /// Another program that serves the same, what it is told in its environment, and what it says of itself.
    pub fn peer(line: &str, told: &[(&str, &str)]) -> Outcome<(Self, Value)> {
        let mut words = line.split(' ');
        let mut process = Command::new(words.next().ok_or("no program")?)
            .args(words)
            .envs(told.iter().copied())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("no output")?;
        let folder = std::env::temp_dir().join(format!("frontdesk-bench-peer-{}", std::process::id()));
        let server = Self { process, folder };
        let mut first = String::new();
        BufReader::new(output).read_line(&mut first)?;
        Ok((server, serde_json::from_str(&first).map_err(|_| format!("the peer said {first:?}"))?))
    }

    /// CPU time that the process has used, in microseconds (Linux counts 100 ticks a second).
    pub fn cpu(&self) -> Outcome<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let after_name = stat.rsplit_once(") ").ok_or("an unknown form of /proc/PID/stat")?.1;
        let fields: Vec<&str> = after_name.split(' ').collect();
        let ticks = |index: usize| -> Outcome<u64> { Ok(fields.get(index).ok_or("too short")?.parse()?) };
        Ok((ticks(11)? + ticks(12)?) * 10_000)
    }

    /// The most memory that was ever resident, in MiB.
    pub fn most_memory(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> Outcome<u64> {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.process.id()))?;
        let pages: u64 = statm.split(' ').nth(1).ok_or("too short")?.parse()?;
        Ok(pages * 4096 / 1024 / 1024)
    }
}
