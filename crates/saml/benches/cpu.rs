//! The CPU time of one validation, which neighbours on the same machine change less than the time on the clock.
//!
//! `cargo bench -p saml --bench cpu`. With `FRONTDESK_BENCH_MESSAGES` each message is written into that directory, and the
//! certificate beside it, so that other implementations can be measured on the very same ones.

mod messages;

use messages::cases;
use saml::testing::TestKey;
use std::{env, fs};

/// How much CPU time each message gets, in ticks of the kernel: two seconds.
const ENOUGH: u64 = 200;
/// How long a tick is, in microseconds (`USER_HZ` of Linux).
const TICK: f64 = 10_000.0;

fn main() {
    let directory = env::var_os("FRONTDESK_BENCH_MESSAGES").map(std::path::PathBuf::from);
    for (number, case) in cases().iter().enumerate() {
        if let Some(directory) = &directory {
            fs::create_dir_all(directory).unwrap();
            fs::write(directory.join(format!("{number}.xml")), &case.xml).unwrap();
            fs::write(directory.join("rsa.cert.pem"), TestKey::Rsa.cert_pem()).unwrap();
        }
        case.accept();
        let (start, mut rounds) = (ticks(), 0_u32);
        let taken = loop {
            for _ in 0..100 {
                case.accept();
            }
            rounds += 100;
            let taken = ticks() - start;
            if taken >= ENOUGH {
                break taken;
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "some hundred ticks")]
        let each = taken as f64 * TICK / f64::from(rounds);
        println!("{each:8.1} µs  {}", case.name);
    }
}

/// The CPU time of this process so far (`proc_pid_stat(5)`, `utime` and `stime`).
fn ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    after_name.split_ascii_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}
