/** The sun and four planets: floating point in mutable objects. After the Computer Language Benchmarks Game. */
interface Body {
  x: number;
  y: number;
  z: number;
  vx: number;
  vy: number;
  vz: number;
  readonly mass: number;
}

const SOLAR_MASS = 4 * Math.PI * Math.PI;
const DAYS = 365.24;

// Position, velocity per day, mass in suns: the sun, Jupiter, Saturn, Uranus, Neptune.
const START: readonly (readonly [number, number, number, number, number, number, number])[] = [
  [0, 0, 0, 0, 0, 0, 1],
  [
    4.84143144246472, -1.16032004402743, -0.103622044471123, 0.00166007664274404, 0.0076990111841974,
    -0.0000690460016972063, 0.000954791938424327,
  ],
  [
    8.34336671824458, 4.12479856412431, -0.403523417114321, -0.00276742510726411, 0.00499852801234917,
    0.0000230417297573764, 0.000285885980666131,
  ],
  [
    12.8943695621391, -15.1111514016986, -0.223307578892656, 0.00296460137564762, 0.00237847173959481,
    -0.0000296589568540238, 0.0000436624404335156,
  ],
  [
    15.3796971148509, -25.919314609988, 0.179258772950371, 0.00268067772490389, 0.00162824170038242,
    -0.0000951592254519716, 0.0000515138902046612,
  ],
];

function system(): Body[] {
  return START.map(([x, y, z, vx, vy, vz, mass]) => ({
    x,
    y,
    z,
    vx: vx * DAYS,
    vy: vy * DAYS,
    vz: vz * DAYS,
    mass: mass * SOLAR_MASS,
  }));
}

function advance(bodies: readonly Body[], dt: number): void {
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i] as Body;
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j] as Body;
      const dx = a.x - b.x;
      const dy = a.y - b.y;
      const dz = a.z - b.z;
      const squared = dx * dx + dy * dy + dz * dz;
      const magnitude = dt / (squared * Math.sqrt(squared));
      a.vx -= dx * b.mass * magnitude;
      a.vy -= dy * b.mass * magnitude;
      a.vz -= dz * b.mass * magnitude;
      b.vx += dx * a.mass * magnitude;
      b.vy += dy * a.mass * magnitude;
      b.vz += dz * a.mass * magnitude;
    }
  }
  for (const body of bodies) {
    body.x += dt * body.vx;
    body.y += dt * body.vy;
    body.z += dt * body.vz;
  }
}

function energy(bodies: readonly Body[]): number {
  let sum = 0;
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i] as Body;
    sum += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j] as Body;
      const dx = a.x - b.x;
      const dy = a.y - b.y;
      const dz = a.z - b.z;
      sum -= (a.mass * b.mass) / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return sum;
}

export const small = 10;
export const brief = 30;
export const size = 10_000;
export function run(n: number): number {
  const bodies = system();
  for (let i = 0; i < n; i++) advance(bodies, 0.01);
  return energy(bodies);
}
